//! Listings of tags and repositories, in the form of some registries.

use http_body_util::BodyExt;
use hyper::header::{CONTENT_LENGTH, LINK};
use hyper::{Method, Response};
use oras_server::{Body, Route};
use serde_json::{Value, json};

use super::Quirk;
use super::turn::Turn;
use super::uploads::set;

impl Turn<'_> {
    pub(super) async fn alter_list(&self, mut answer: Response<Body>) -> Response<Body> {
        self.alter_link(&mut answer);
        let is_list = answer.status().is_success() && *self.method() == Method::GET;
        match is_list && self.route == Route::Tags {
            true => rewrite(answer, |document| self.alter_tags(document)).await,
            false => answer,
        }
    }

    fn alter_tags(&self, document: &mut Value) {
        let Some(tags) = document["tags"].as_array_mut() else {
            return;
        };
        if self.has(Quirk::TagsWithNull) {
            tags.insert(0, Value::Null);
        }
        if self.has(Quirk::TagsWithDigests) {
            tags.push(json!(oras_content::Digest::sha256(b"").to_string()));
        }
        if self.has(Quirk::TagsNull) && tags.is_empty() {
            document["tags"] = Value::Null;
        }
        if self.has(Quirk::TagsExtraKeys) {
            document["child"] = json!([]);
            document["manifest"] = json!({ "sha256:0": { "imageSizeBytes": "7", "tag": ["v1"] } });
        }
    }

    fn alter_link(&self, answer: &mut Response<Body>) {
        let link = answer.headers().get(LINK).and_then(|link| link.to_str().ok());
        let Some(link) = link.map(str::to_owned) else {
            return;
        };
        if self.has(Quirk::OpaqueCursor) {
            set(answer, LINK, &self.opaque(&link));
        }
        if self.has(Quirk::LinkWithoutBrackets) {
            set(answer, LINK, &link.replace(['<', '>'], ""));
        }
    }

    /// Replaces `last` in the link by an opaque cursor.
    fn opaque(&self, link: &str) -> String {
        let Some(start) = link.find("last=") else {
            return link.to_owned();
        };
        let len = link[start..].find(['&', '>']).unwrap_or(link.len() - start);
        let last = &link[start..start + len];
        let memory = &self.host.layer.quirks.memory;
        let cursor = format!("next_page=gAAAAA{:x}", memory.count("cursors"));
        memory.set(cursor.clone(), last.to_owned());
        link.replacen(last, &cursor, 1)
    }
}

/// Changes the JSON document of a response. Other responses are unchanged.
pub(super) async fn rewrite(answer: Response<Body>, change: impl FnOnce(&mut Value)) -> Response<Body> {
    let (mut head, body) = answer.into_parts();
    let bytes = body
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let Ok(mut document) = serde_json::from_slice(&bytes) else {
        return Response::from_parts(head, Body::from(bytes));
    };
    change(&mut document);
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::from(document.to_string()))
}
