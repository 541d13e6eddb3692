//! Ranges: parts of a blob.

use futures_util::FutureExt;

use crate::answer::Answer;
use crate::case::{Case, Checked, Section, skip};
use crate::content::Blob;
use crate::trial::Trial;

const LEN: usize = 1000;

/// Ranges of a blob of 1000 bytes, with the bytes they cover.
const PARTS: [(&str, &str, usize, usize); 8] = [
    ("closed", "bytes=100-199", 100, 199),
    ("open", "bytes=900-", 900, 999),
    ("suffix", "bytes=-50", 950, 999),
    ("long-suffix", "bytes=-5000", 0, 999),
    ("over-long", "bytes=990-5000", 990, 999),
    ("one-byte", "bytes=0-0", 0, 0),
    ("last-byte", "bytes=999-999", 999, 999),
    ("huge-end", "bytes=990-18446744073709551616", 990, 999),
];

pub(super) fn cases() -> Vec<Case> {
    let mut section = Section::of("Pulling blobs");
    for (what, range, first, last) in PARTS {
        section = section.should(format!("blob/range/{what}"), move |t| {
            part(t, range, first, last).boxed()
        });
    }
    section
        .should("blob/range/beyond-the-end", |t| {
            unsatisfiable(t, "bytes=1000-").boxed()
        })
        .should("blob/range/suffix-of-nothing", |t| {
            unsatisfiable(t, "bytes=-0").boxed()
        })
        .should("blob/range/inverted", |t| ignored(t, "bytes=200-100").boxed())
        .should("blob/range/not-numbers", |t| ignored(t, "bytes=a-b").boxed())
        .should("blob/range/other-unit", |t| whole(t, "lines=1-2").boxed())
        .should("blob/range/of-empty-blob", |t| of_empty(t).boxed())
        .should("blob/range/digest-header", |t| digest_header(t).boxed())
        .should("blob/range/head", |t| head(t).boxed())
        .should("blob/range/if-range", |t| if_range(t).boxed())
        .should("blob/range/if-range-of-another", |t| {
            if_range_of_another(t).boxed()
        })
        .may("blob/range/several", |t| several(t).boxed())
        .should("blob/range/several-one-beyond", |t| several_one_beyond(t).boxed())
        .should("blob/range/very-many", |t| very_many(t).boxed())
        .may("blob/range/accept-ranges", |t| accept_ranges(t).boxed())
        .cases()
}

async fn pushed(t: &Trial) -> Checked<Blob> {
    let blob = Blob::random(LEN);
    t.push_blob(&blob).await?;
    Ok(blob)
}

async fn ranged(t: &Trial, blob: &Blob, range: &str) -> Checked<Answer> {
    t.request("GET", t.blob(&blob.digest))
        .header("range", range)
        .send_following()
        .await
}

/// Ends the case if the whole blob was sent, which a registry may always do.
fn partial(answer: Answer, blob: &Blob) -> Checked<Answer> {
    if answer.status == 200 {
        answer.expect_body(&blob.bytes)?;
        return skip("the whole blob is sent here: status 200");
    }
    answer.expect(206)
}

async fn part(t: &Trial, range: &str, first: usize, last: usize) -> Checked {
    let blob = pushed(t).await?;
    let answer = partial(ranged(t, &blob, range).await?, &blob)?;
    answer.expect_header("content-range", &format!("bytes {first}-{last}/{LEN}"))?;
    answer.expect_length(last - first + 1)?;
    answer.expect_body(&blob.bytes[first..=last])
}

/// Spec: RFC 9110, section 15.5.17: the response states the length of the blob.
async fn unsatisfiable(t: &Trial, range: &str) -> Checked {
    let blob = pushed(t).await?;
    let answer = ranged(t, &blob, range).await?;
    if answer.status == 200 {
        return skip("the whole blob is sent here: status 200");
    }
    let answer = answer.expect(416)?;
    answer.expect_header("content-range", &format!("bytes */{LEN}"))?;
    answer.check(
        answer.broken.is_none(),
        "a body as long as its Content-Length says",
    )
}

/// Spec: RFC 9110, section 14.2: an invalid range is ignored or refused.
async fn ignored(t: &Trial, range: &str) -> Checked {
    let blob = pushed(t).await?;
    let answer = ranged(t, &blob, range).await?.expect_any(&[200, 400, 416])?;
    match answer.status {
        200 => answer.expect_body(&blob.bytes),
        _ => answer.check(
            answer.broken.is_none(),
            "a body as long as its Content-Length says",
        ),
    }
}

async fn whole(t: &Trial, range: &str) -> Checked {
    let blob = pushed(t).await?;
    let answer = ranged(t, &blob, range).await?.expect_any(&[200, 416])?;
    match answer.status {
        200 => answer.expect_body(&blob.bytes),
        _ => Ok(()),
    }
}

async fn of_empty(t: &Trial) -> Checked {
    let blob = Blob::random(0);
    t.push_blob(&blob).await?;
    let answer = ranged(t, &blob, "bytes=0-").await?.expect_any(&[200, 416])?;
    answer.check(
        answer.broken.is_none(),
        "a body as long as its Content-Length says",
    )
}

async fn digest_header(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let answer = partial(ranged(t, &blob, "bytes=1-2").await?, &blob)?;
    answer.expect_digest(&blob.digest)
}

/// Spec: RFC 9110, section 14.2: only GET has ranges.
async fn head(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let head = t
        .request("HEAD", t.blob(&blob.digest))
        .header("range", "bytes=1-2")
        .send_following();
    let answer = head.await?.expect_any(&[200, 206])?;
    answer.expect_body(b"")
}

async fn with_if_range(t: &Trial, blob: &Blob, tag: &str) -> Checked<Answer> {
    let get = t
        .request("GET", t.blob(&blob.digest))
        .header("range", "bytes=1-2");
    get.header("if-range", tag).send_following().await
}

async fn if_range(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let whole = t.request("GET", t.blob(&blob.digest)).send_following().await?;
    let Some(tag) = whole.header("etag") else {
        return skip("blobs have no ETag here");
    };
    let answer = partial(with_if_range(t, &blob, tag).await?, &blob)?;
    answer.expect_body(&blob.bytes[1..=2])
}

async fn if_range_of_another(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let answer = with_if_range(t, &blob, "\"something else\"").await?.expect(200)?;
    answer.expect_body(&blob.bytes)
}

/// Spec: RFC 9110, section 14.6: both parts in one body.
async fn several(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let answer = partial(ranged(t, &blob, "bytes=0-9,500-519").await?, &blob)?;
    let parts = parts(&answer)?;
    let found: Vec<&str> = parts.iter().map(|(range, _)| range.as_str()).collect();
    let wanted = [format!("bytes 0-9/{LEN}"), format!("bytes 500-519/{LEN}")];
    answer.check(found == wanted, format!("parts {wanted:?} instead of {found:?}"))?;
    let right = parts[0].1 == blob.bytes[..10] && parts[1].1 == blob.bytes[500..520];
    answer.check(right, "the bytes of both parts")
}

/// An unsatisfiable range does not invalidate the others.
async fn several_one_beyond(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let answer = partial(ranged(t, &blob, "bytes=0-9,5000-").await?, &blob)?;
    if answer.header("content-range").is_some() {
        answer.expect_header("content-range", &format!("bytes 0-9/{LEN}"))?;
        return answer.expect_body(&blob.bytes[..10]);
    }
    let parts = parts(&answer)?;
    answer.check(
        parts.len() == 1 && parts[0].1 == blob.bytes[..10],
        "the one part that is there",
    )
}

/// A huge number of ranges must not cause unbounded work.
async fn very_many(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let ranges: Vec<String> = (0..500).map(|at| format!("{at}-")).collect();
    let answer = ranged(t, &blob, &format!("bytes={}", ranges.join(","))).await?;
    let answer = answer.expect_any(&[200, 206, 400, 416, 431])?;
    answer.check(answer.body.len() < 20 * LEN, "not much more than the blob")
}

async fn accept_ranges(t: &Trial) -> Checked {
    let blob = pushed(t).await?;
    let head = t
        .request("HEAD", t.blob(&blob.digest))
        .send_following()
        .await?
        .expect(200)?;
    match head.header("accept-ranges") {
        None => skip("nothing is said about ranges"),
        Some(_) => head.expect_header("accept-ranges", "bytes"),
    }
}

/// Returns the `Content-Range` and the bytes of each part.
fn parts(answer: &Answer) -> Checked<Vec<(String, Vec<u8>)>> {
    let wrong = || answer.wrong("multipart/byteranges with a boundary, closed at its end");
    let kind = answer.header("content-type").unwrap_or_default();
    let boundary = kind
        .strip_prefix("multipart/byteranges")
        .and_then(|rest| rest.split("boundary=").nth(1));
    let boundary = boundary.ok_or_else(wrong)?.trim_matches('"');
    answer.check(answer.broken.is_none(), "a body that ends where it should")?;
    // The first boundary has no line before it.
    let body = [b"\r\n", &answer.body[..]].concat();
    let mut pieces = split(&body, format!("\r\n--{boundary}").as_bytes())
        .into_iter()
        .skip(1);
    let mut found = Vec::new();
    for piece in pieces.by_ref() {
        if piece.starts_with(b"--") {
            return Ok(found);
        }
        let piece = piece.strip_prefix(b"\r\n").ok_or_else(wrong)?;
        let end = piece
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .ok_or_else(wrong)?;
        let head = String::from_utf8_lossy(&piece[..end]).to_ascii_lowercase();
        let range = head
            .lines()
            .find_map(|line| line.strip_prefix("content-range:"))
            .ok_or_else(wrong)?;
        found.push((range.trim().to_owned(), piece[end + 4..].to_vec()));
    }
    Err(wrong())
}

fn split<'a>(body: &'a [u8], at: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = body;
    while let Some(found) = rest.windows(at.len()).position(|window| window == at) {
        pieces.push(&rest[..found]);
        rest = &rest[found + at.len()..];
    }
    pieces.push(rest);
    pieces
}
