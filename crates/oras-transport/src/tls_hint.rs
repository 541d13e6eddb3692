//! Recognises a TLS server by the text of its response to plain HTTP.

use bytes::BytesMut;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::error::Error;
use crate::origin::Origin;
use crate::request::Response;

/// Maximum number of bytes searched in a body.
const SEARCHED: usize = 2048;

/// The texts of Go servers and of nginx, in this order.
const PHRASES: [&str; 2] = [
    "HTTP request to an HTTPS server",
    "plain HTTP request was sent to HTTPS port",
];

/// Returns the response unchanged, unless it says that the server expects TLS.
pub(crate) async fn expects_tls(origin: &Origin, response: Response) -> Result<Response, Error> {
    if origin.is_https() || response.status() != StatusCode::BAD_REQUEST || is_json(&response) {
        return Ok(response);
    }
    let (head, mut body) = response.into_parts();
    let mut start = BytesMut::new();
    while start.len() < SEARCHED {
        match body.next().await {
            Some(Ok(bytes)) => start.extend_from_slice(&bytes),
            // The caller meets the same end or error when it reads on.
            Some(Err(_)) | None => break,
        }
    }
    let text = String::from_utf8_lossy(&start);
    if PHRASES.iter().any(|phrase| text.contains(phrase)) {
        return Err(Error::ExpectsTls {
            origin: origin.clone(),
        });
    }
    drop(text);
    body.unread(start.freeze());
    Ok(Response::from_parts(head, body))
}

fn is_json(response: &Response) -> bool {
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.to_ascii_lowercase().contains("json"))
}
