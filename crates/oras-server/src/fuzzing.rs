//! Fuzzing: functions that take a fuzzer's bytes and check properties.
//!
//! Each function panics if a property does not hold. They are not part of the API.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::Service;
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use oras_content::{Digest, ManifestKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::acceptor::builder;
use crate::backend::MemoryBackend;
use crate::body::Body;
use crate::options::ServerOptions;
use crate::page::Page;
use crate::path::RequestPath;
use crate::query::Query;
use crate::range::{MAX_RANGES, Wanted, chunk};
use crate::route::Target;
use crate::service::RegistryService;

/// Time limit for one response; exceeding it counts as a hang.
const FOR_EVER: Duration = Duration::from_secs(20);

/// Serves a connection on which the client sends these bytes and nothing more.
pub fn request(bytes: &[u8]) {
    let answer = block_on(async {
        let (client, server) = tokio::io::duplex(1 << 20);
        let builder = builder(FOR_EVER, None);
        let served = builder.serve_connection(TokioIo::new(server), service());
        let (mut answers, mut requests) = tokio::io::split(client);
        let ask = async {
            // The server may close the connection before it has read everything.
            requests.write_all(bytes).await.ok();
            requests.shutdown().await.ok();
            let mut answer = Vec::new();
            answers.read_to_end(&mut answer).await.ok();
            answer
        };
        let ((), answer) = tokio::join!(async { drop(served.await) }, ask);
        answer
    });
    assert!(
        !answer.starts_with(b"HTTP/1.1 5"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
}

/// Parses a `Range` header, after eight bytes with the length of the content.
pub fn range(bytes: &[u8]) {
    let Some((size, header)) = bytes.split_first_chunk() else {
        return;
    };
    let size = u64::from_le_bytes(*size);
    let Ok(header) = std::str::from_utf8(header) else {
        return;
    };
    match Wanted::parse(header, size) {
        Wanted::Whole | Wanted::Unsatisfiable => {}
        Wanted::Part(part) => assert!(part.start < part.end && part.end <= size, "{part:?}"),
        Wanted::Parts(parts) => {
            assert!((2..=MAX_RANGES).contains(&parts.len()), "{parts:?}");
            assert!(
                parts.iter().all(|part| part.start < part.end && part.end <= size),
                "{parts:?}"
            );
            let lengths = parts.iter().map(|part| part.end - part.start);
            assert!(lengths.fold(0, u64::saturating_add) <= size, "{parts:?}");
        }
    }
}

/// Parses the `Content-Range` header of a chunk.
pub fn content_range(bytes: &[u8]) {
    let Ok(header) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(part) = chunk(header) {
        assert!(part.start < part.end, "{part:?}");
        let (first, last) = header.split_once('-').expect("a chunk has two numbers");
        let trimmed = |number: &str| number.trim_start_matches('0').to_owned();
        let number = |number: u64| trimmed(&number.to_string());
        let is_same = (trimmed(first), trimmed(last)) == (number(part.start), number(part.end - 1));
        // A number that does not fit counts as the largest.
        assert!(
            is_same || part.end == u64::MAX || part.start == u64::MAX,
            "{header} is {part:?}"
        );
    }
}

/// Parses the path and query of a request.
pub fn query(bytes: &[u8]) {
    let Ok(uri) = Uri::try_from(bytes) else {
        return;
    };
    let path = RequestPath::of(&uri);
    if let Some(name) = &path.repository {
        assert!(
            !name
                .split('/')
                .any(|part| part.is_empty() || part.starts_with('.')),
            "{name}"
        );
    }
    if let Ok(Target::Upload(id)) = &path.target {
        assert!(
            id.len() == 32 && id.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{id}"
        );
    }
    let query = Query::of(&uri);
    let Ok(page) = Page::of(&query, 100) else {
        return;
    };
    assert!(page.size <= 100);
    check_link(page, &query);
}

/// Checks that the link to the next page has the right parameters.
fn check_link(page: Page, query: &Query) {
    let Some(last) = page.last.clone().filter(|_| page.size > 0) else {
        return;
    };
    let mut entries = vec![last.clone(); page.size + 1];
    let cursor = page.cut(&mut entries, |entry| entry).expect("there is one more");
    let link = cursor.link("/v2/a/tags/list", query, &["ns"]);
    HeaderValue::try_from(&link).expect("it is escaped");
    let target = link.split(['<', '>']).nth(1).expect("it has a target");
    let next = Query::of(&target.parse().expect("it is escaped"));
    assert_eq!(next.get("last"), Some(last.as_str()));
    assert_eq!(next.get("n"), Some(page.size.to_string().as_str()));
}

/// Parses the body of a manifest push, as each kind of manifest.
pub fn json(bytes: &[u8]) {
    let registry = service();
    for kind in ManifestKind::ALL {
        let path = format!("/v2/a/manifests/{}", Digest::sha256(bytes));
        let push = Request::put(&path)
            .header(CONTENT_TYPE, kind.media_type().as_str())
            .body(Full::from(bytes.to_vec()))
            .expect("a digest is plain text");
        let (pushed, body) = ask(&registry, push);
        let status = pushed.status().as_u16();
        assert!([201, 400, 404, 413].contains(&status), "{status}: {body:?}");
        if status != 201 {
            let document: serde_json::Value = serde_json::from_slice(&body).expect("an error is a document");
            assert!(document["errors"][0]["code"].is_string(), "{document}");
            continue;
        }
        let read = Request::get(&path)
            .body(Full::default())
            .expect("a digest is plain text");
        let (read, body) = ask(&registry, read);
        assert_eq!(read.status(), 200);
        assert_eq!(body, bytes);
    }
}

/// Creates an empty registry that accepts manifests with missing children.
fn service() -> RegistryService {
    let options = ServerOptions::default()
        .with_backend(Arc::new(MemoryBackend::new()))
        .with_sparse(true)
        .with_manifest_limit(64 * 1024);
    RegistryService::new(options)
}

fn ask(registry: &RegistryService, request: Request<Full<bytes::Bytes>>) -> (Response<()>, bytes::Bytes) {
    block_on(async {
        let answer = registry.call(request).await.expect("it answers");
        let (head, body): (_, Body) = answer.into_parts();
        let body = body.collect().await.expect("it is in memory").to_bytes();
        (Response::from_parts(head, ()), body)
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().build().expect("a thread is enough");
    runtime
        .block_on(async { tokio::time::timeout(FOR_EVER, future).await })
        .expect("it ends")
}
