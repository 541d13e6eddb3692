//! Hostile servers. Each answers from a script and records the requests.

use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt;
use oras_content::{Descriptor, Error, ErrorKind, Reference, StoreExt, TagListOptions, TagLister, WriterExt};
use oras_registry::{RegistryOptions, Repository, Warning};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::place::{client, heeding, text};

type Answer = Box<dyn Fn(&str) -> String + Send + Sync>;

/// A server that answers each request as `answer` says, given its head, and closes the connection.
pub(crate) struct Scripted {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub(crate) async fn new(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer): (_, Arc<Answer>) = (Arc::clone(&heads), Arc::new(Box::new(answer)));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                tokio::spawn(async move {
                    let mut read = Vec::new();
                    while !read.windows(4).any(|window| window == b"\r\n\r\n") {
                        let mut part = [0; 4096];
                        match socket.read(&mut part).await {
                            Ok(0) | Err(_) => return,
                            Ok(count) => read.extend_from_slice(&part[..count]),
                        }
                    }
                    let head = String::from_utf8_lossy(&read).into_owned();
                    let answered = answer(&head);
                    kept.lock().unwrap().push(head);
                    let _ = socket.write_all(answered.as_bytes()).await;
                    let _ = socket.shutdown().await;
                });
            }
        });
        Self { address, heads }
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub(crate) fn repository(&self, options: RegistryOptions) -> Repository {
        let reference = Reference::new(&self.address, "app").unwrap();
        client().repository_with(&reference, options).unwrap()
    }
}

pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}")
}

async fn tags(repository: &Repository) -> Result<Vec<String>, Error> {
    repository.tags(TagListOptions::default()).try_collect().await
}

/// S09: a next page on another server is not requested.
#[tokio::test]
async fn a_link_to_another_server_is_not_followed() {
    let other = Scripted::new(|_| answer("200 OK", "", "{}")).await;
    let link = format!(
        "Link: <http://{}/v2/app/tags/list>; rel=\"next\"\r\n",
        other.address
    );
    let server = Scripted::new(move |_| answer("200 OK", &link, "{\"tags\":[\"a\"]}")).await;
    let listed = tags(&server.repository(RegistryOptions::default())).await;
    assert_eq!(listed.unwrap_err().kind(), &ErrorKind::Refused);
    assert!(other.heads().is_empty());
}

/// S10: a page that links to itself ends the listing.
#[tokio::test]
async fn pages_that_go_round_in_circles_end() {
    let server = Scripted::new(|head| {
        let next = if head.contains("last=b") { "a" } else { "b" };
        answer(
            "200 OK",
            &format!("Link: </v2/app/tags/list?last={next}>; rel=\"next\"\r\n"),
            "{\"tags\":[\"a\"]}",
        )
    })
    .await;
    let listed = tags(&server.repository(RegistryOptions::default())).await;
    assert_eq!(listed.unwrap_err().kind(), &ErrorKind::Protocol);
    assert!(server.heads().len() <= 3);
}

/// Q20, Q21, Q49: entries that are not tags are left out.
#[tokio::test]
async fn odd_entries_among_tags_are_left_out() {
    let body = r#"{"name":"app","child":[],"tags":["v1",null,"","sha256:abc",7,"v2"]}"#;
    let server = Scripted::new(move |_| answer("200 OK", "", body)).await;
    assert_eq!(
        tags(&server.repository(RegistryOptions::default()))
            .await
            .unwrap(),
        ["v1", "v2"]
    );
    let server = Scripted::new(|_| answer("200 OK", "", "{\"tags\":null}")).await;
    assert!(
        tags(&server.repository(RegistryOptions::default()))
            .await
            .unwrap()
            .is_empty()
    );
}

/// S07: an upload at another server is sent without the registry's credential.
#[tokio::test]
async fn an_upload_elsewhere_is_sent_without_credentials() {
    let other = Scripted::new(|_| answer("201 Created", "", "")).await;
    let location = format!("Location: http://{}/put?x=1\r\n", other.address);
    let server = Scripted::new(move |head| match head.contains("authorization: Basic") {
        true => answer("202 Accepted", &location, ""),
        false => answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", ""),
    })
    .await;
    let credential = oras_auth::Credential::basic("ann", "hunter2").unwrap();
    let credentials = Arc::new(oras_auth::StaticCredentials::new(&server.address, credential));
    let options = oras_registry::ClientOptions::default().with_credentials(credentials);
    let client = oras_registry::Client::new(options).unwrap();
    let reference = Reference::new(&server.address, "app").unwrap();
    let repository = client
        .repository_with(&reference, RegistryOptions::default())
        .unwrap();
    repository.push_bytes(text(), "hello").await.unwrap();
    let heads = other.heads();
    assert!(heads[0].starts_with("PUT /put?x=1&digest=sha256%3A"), "{heads:?}");
    assert!(
        heads
            .iter()
            .all(|head| !head.to_ascii_lowercase().contains("authorization")),
        "{heads:?}"
    );
}

/// Q06: a location may have many forms.
#[tokio::test]
async fn locations_of_every_form_are_followed() {
    for (location, expected) in [
        (
            "/v2/app/blobs/uploads/1",
            "PUT /v2/app/blobs/uploads/1?digest=sha256%3A",
        ),
        (
            "1?_state=a%2Bb",
            "PUT /v2/app/blobs/uploads/1?_state=a%2Bb&digest=sha256%3A",
        ),
        ("http://SELF/v2/x/1.patch", "PUT /v2/x/1.patch?digest=sha256%3A"),
        ("//SELF/v2/x/1/", "PUT /v2/x/1/?digest=sha256%3A"),
    ] {
        let server = Scripted::new(move |head| {
            let host = head
                .lines()
                .find_map(|line| line.strip_prefix("host: "))
                .unwrap_or_default();
            let location = location.replace("SELF", host);
            match head.starts_with("PUT") {
                true => answer("201 Created", "", ""),
                false => answer("202 Accepted", &format!("Location: {location}\r\n"), ""),
            }
        })
        .await;
        server
            .repository(RegistryOptions::default())
            .push_bytes(text(), "hello")
            .await
            .unwrap();
        let heads = server.heads();
        assert!(heads.last().unwrap().starts_with(expected), "{heads:?}");
    }
}

/// C07: a digest header that differs from the content's digest is detected.
#[tokio::test]
async fn a_lying_digest_header_is_found_out() {
    let body = r#"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;
    let lie = oras_content::Digest::sha256(b"something else");
    let headers = format!(
        "Content-Type: application/vnd.oci.image.manifest.v1+json\r\nDocker-Content-Digest: {lie}\r\n"
    );
    let server = Scripted::new(move |_| answer("200 OK", &headers, body)).await;
    let repository = server.repository(RegistryOptions::default());
    let fetched = repository.fetch_named("v1", 4096).await;
    assert!(
        matches!(&fetched, Err(error) if matches!(error.kind(), ErrorKind::Verify)),
        "{fetched:?}"
    );
}

/// Q01, Q03: what HEAD does not report is read with GET.
#[tokio::test]
async fn without_head_or_digest_header_the_manifest_is_read() {
    let body = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    for refused in ["403 Forbidden", "405 Method Not Allowed", "200 OK"] {
        let server = Scripted::new(move |head| match head.starts_with("HEAD") {
            true => format!("HTTP/1.1 {refused}\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"),
            false => answer("200 OK", "Content-Type: text/plain; charset=utf-8\r\n", body),
        })
        .await;
        let found = server
            .repository(RegistryOptions::default())
            .resolve("v1")
            .await
            .unwrap();
        assert_eq!(found.digest, oras_content::Digest::sha256(body.as_bytes()));
        assert_eq!(found.media_type, oras_content::MediaType::OCI_INDEX);
    }
}

/// S14, C72: the body of a refusal never counts as content, and only its reasons are kept.
#[tokio::test]
async fn a_refusal_of_any_form_is_an_error_with_its_status() {
    for body in [
        "",
        "<html>no</html>",
        "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"}]}",
        &"x".repeat(1 << 20),
    ] {
        let body = body.to_owned();
        let server = Scripted::new(move |_| answer("403 Forbidden", "", &body)).await;
        let blob = Descriptor::of(text(), b"hello");
        let error = server
            .repository(RegistryOptions::default())
            .fetch_all(&blob, 10)
            .await
            .unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Denied), "{error:?}");
    }
}

/// C74: a warning is reported once.
#[tokio::test]
async fn a_warning_is_told_once() {
    let server =
        Scripted::new(|_| answer("200 OK", "Warning: 299 - \"going away\"\r\n", "{\"tags\":[]}")).await;
    let told: Arc<Mutex<Vec<Warning>>> = Arc::default();
    let options = {
        let told = Arc::clone(&told);
        RegistryOptions::default().with_on_warning(move |warning| told.lock().unwrap().push(warning.clone()))
    };
    let repository = server.repository(options);
    tags(&repository).await.unwrap();
    tags(&repository).await.unwrap();
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].text.as_str(), told[0].registry.as_str()),
        ("going away", server.address.as_str())
    );
}

/// S18: names that could change a URL are refused before any request.
#[tokio::test]
async fn names_that_are_no_names_make_no_request() {
    let server = Scripted::new(|_| answer("200 OK", "", "{}")).await;
    let repository = server.repository(RegistryOptions::default());
    for name in [
        "a?b#c",
        "..",
        "%2e%2e",
        "a/b",
        "a b",
        "a\r\nb",
        "sha256:x",
        "",
        "@",
        "v1@sha256:12",
    ] {
        assert!(repository.resolve(name).await.is_err(), "{name:?}");
    }
    assert!(server.heads().is_empty());
}

/// The repository `app`, for `ann` with the password `open sesame`.
fn with_login(server: &Scripted, options: RegistryOptions) -> Repository {
    let credential = oras_auth::Credential::basic("ann", "open sesame").unwrap();
    let credentials = oras_auth::StaticCredentials::new(server.address.clone(), credential);
    let login = oras_registry::ClientOptions::default().with_credentials(Arc::new(credentials));
    let client = oras_registry::Client::new(login).unwrap();
    let reference = Reference::new(&server.address, "app").unwrap();
    client.repository_with(&reference, options).unwrap()
}

/// S27: a refusal that quotes the request does not reveal a password or token.
#[tokio::test]
async fn a_credential_that_a_refusal_quotes_is_withheld() {
    let server = Scripted::new(|head| {
        let Some(line) = head.lines().find(|line| line.starts_with("authorization")) else {
            return answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", "");
        };
        let body = format!(
            r#"{{"errors":[{{"code":"DENIED","message":"{line}","detail":"ann:open sesame"}},{{"code":"OTHER","message":"fine"}}]}}"#
        );
        answer("403 Forbidden", "", &body)
    })
    .await;
    let app = with_login(&server, RegistryOptions::default());
    let error = app.resolve("v1").await.unwrap_err();
    let shown = format!("{error:?} {}", std::error::Error::source(&error).unwrap());
    assert!(
        shown.contains("DENIED") && shown.contains("OTHER: fine"),
        "{shown}"
    );
    for secret in ["open sesame", "YW5uOm9wZW4gc2VzYW1l"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn a_credential_that_a_warning_quotes_is_withheld() {
    let server = Scripted::new(|head| {
        if !head.lines().any(|line| line.starts_with("authorization")) {
            return answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", "");
        }
        let warnings = "Warning: 299 - \"ann:open sesame is old\"\r\nWarning: 299 - \"a plain word\"\r\n";
        answer("404 Not Found", warnings, "")
    })
    .await;
    let (options, told) = heeding();
    let app = with_login(&server, options);
    app.resolve("v1").await.unwrap_err();
    assert_eq!(*told.lock().unwrap(), ["a plain word"]);
}

#[tokio::test]
async fn a_range_that_was_not_asked_for_is_refused() {
    for range in ["bytes 0-4/10", "bytes 6-9/10", "bytes */10", "none"] {
        let headers = format!("Content-Range: {range}\r\n");
        let server = Scripted::new(move |_| answer("206 Partial Content", &headers, "01234")).await;
        let repository = server.repository(RegistryOptions::default());
        let blob = Descriptor::of(text(), b"0123456789");
        let opened = repository.fetch_range(&blob, 5..10).await;
        assert!(
            matches!(&opened, Err(error) if matches!(error.kind(), ErrorKind::Protocol)),
            "{range}"
        );
        // The same answer to a request without a range.
        let whole = repository.fetch_all(&blob, 10).await;
        assert!(whole.is_err(), "{range}");
    }
}

#[tokio::test]
async fn a_range_has_no_more_bytes_than_were_asked_for() {
    let more = "x".repeat(1000);
    for (status, headers) in [
        ("206 Partial Content", "Content-Range: bytes 4-9/10\r\n"),
        ("200 OK", ""),
    ] {
        let body = more.clone();
        let server = Scripted::new(move |_| answer(status, headers, &body)).await;
        let repository = server.repository(RegistryOptions::default());
        let blob = Descriptor::of(
            text(),
            if status.starts_with("206") {
                b"0123456789"
            } else {
                more.as_bytes()
            },
        );
        let opened = repository.fetch_range(&blob, 4..10).await.unwrap();
        let read: Vec<bytes::Bytes> = opened.content.try_collect().await.unwrap();
        assert_eq!(read.concat().len(), 6, "{status}");
    }
}

/// The client does not wait for unrequested bytes after the range, and their end may fail.
#[tokio::test]
async fn a_range_ends_with_its_last_byte() {
    let half = "x".repeat(500);
    let broken = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{half}");
    let server = Scripted::new(move |_| broken.clone()).await;
    let repository = server.repository(RegistryOptions::default());
    let blob = Descriptor::of(text(), &[b'x'; 1000]);
    let opened = repository.fetch_range(&blob, 10..20).await.unwrap();
    let read: Vec<bytes::Bytes> = opened.content.try_collect().await.unwrap();
    assert_eq!(read.concat(), b"xxxxxxxxxx");
    assert_eq!(server.heads().len(), 1);
}

/// A range may be shorter than requested: the rest is requested next.
#[tokio::test]
async fn a_shorter_range_is_completed() {
    let server = Scripted::new(|head| match head {
        head if head.contains("bytes=5-") => {
            answer("206 Partial Content", "Content-Range: bytes 5-6/10\r\n", "56")
        }
        head if head.contains("bytes=7-") => {
            answer("206 Partial Content", "Content-Range: bytes 7-9/10\r\n", "789")
        }
        _ => answer("416 Range Not Satisfiable", "", ""),
    })
    .await;
    let repository = server.repository(RegistryOptions::default());
    let blob = Descriptor::of(text(), b"0123456789");
    let opened = repository.fetch_range(&blob, 5..10).await.unwrap();
    let read: Vec<bytes::Bytes> = opened.content.try_collect().await.unwrap();
    assert_eq!(read.concat(), b"56789");
    assert_eq!(server.heads().len(), 2);
}

/// A malformed manifest can still be deleted, and the delete precedes any change of a listing.
#[tokio::test]
async fn a_manifest_that_cannot_be_read_can_be_deleted() {
    let server = Scripted::new(|head| match head.split(' ').next() {
        Some("DELETE") => answer("202 Accepted", "", ""),
        _ => answer(
            "200 OK",
            "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n",
            "{",
        ),
    })
    .await;
    let repository = server.repository(RegistryOptions::default());
    let target = Descriptor::of(oras_content::MediaType::OCI_MANIFEST, b"{");
    oras_content::Deleter::delete(&repository, &target).await.unwrap();
    let methods: Vec<String> = server
        .heads()
        .iter()
        .map(|head| head.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(methods, ["GET", "DELETE"]);
}

/// A registry that always computes sha256 stores a manifest of another algorithm under a different digest.
#[tokio::test]
async fn a_manifest_that_is_stored_under_another_digest_is_an_error() {
    let content = oras_content::ImageManifest::new(Descriptor::empty_json()).to_content();
    let sha256 = content.descriptor().digest.clone();
    let strong = oras_content::Algorithm::Sha512.digest(content.bytes());
    let strong = Descriptor::new(
        oras_content::MediaType::OCI_MANIFEST,
        strong,
        content.bytes().len() as u64,
    );
    let stored = move |head: &str| {
        let digest = format!("Docker-Content-Digest: {sha256}\r\n");
        match head.split(' ').next() {
            Some("PUT") => answer("201 Created", &digest, ""),
            _ => answer("404 Not Found", "", ""),
        }
    };
    let server = Scripted::new(stored).await;
    let repository = server.repository(RegistryOptions::default());
    let options = oras_content::PushOptions::default().with_tag("v1".parse().unwrap());
    let payload = content.bytes().clone().into();
    let pushed = oras_content::Writer::push_opts(&repository, &strong, payload, options).await;
    let error = pushed.unwrap_err();
    let said = std::error::Error::source(&error).unwrap().to_string();
    assert!(said.contains("stored the content as sha256:"), "{said}");
    // The tag was not touched: the digest was tried first.
    assert!(
        server
            .heads()
            .iter()
            .all(|head| !head.starts_with("PUT /v2/app/manifests/v1"))
    );
}

#[tokio::test]
async fn a_listing_has_at_most_so_many_bytes() {
    let server = Scripted::new(|head| {
        let page: u64 = head
            .split("last=")
            .nth(1)
            .and_then(|rest| rest.split(' ').next()?.parse().ok())
            .unwrap_or(0);
        let link = format!("Link: </v2/app/tags/list?last={}>; rel=\"next\"\r\n", page + 1);
        answer("200 OK", &link, &format!("{{\"tags\":[\"v{page}\"]}}"))
    })
    .await;
    let options = RegistryOptions::default().with_max_listing_bytes(100);
    let error = tags(&server.repository(options)).await.unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::TooMany {
                unit: "bytes",
                limit: 100,
            }
        ),
        "{error:?}"
    );
    assert!(server.heads().len() <= 10);
}
