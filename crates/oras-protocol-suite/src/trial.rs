//! Trials: the registry and the repositories of one case.

use std::sync::Arc;

use oras_content::Digest;

use crate::answer::Answer;
use crate::case::{Checked, skip};
use crate::client::Client;
use crate::content::{ACCEPT, Blob, Document};
use crate::login::Login;
use crate::request::Request;
use crate::session::Session;

/// The environment of a case.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) client: Arc<Client>,
    /// An empty repository that nothing else uses.
    pub(crate) repository: String,
    /// A second one.
    pub(crate) other: String,
    /// A user who may only pull, if the registry has one.
    pub(crate) reader: Option<Login>,
}

impl Trial {
    pub(crate) fn request(&self, method: &str, target: impl Into<String>) -> Request<'_> {
        self.client.request(method, target)
    }

    pub(crate) async fn get(&self, target: impl Into<String>) -> Checked<Answer> {
        self.request("GET", target).header("accept", ACCEPT).send().await
    }

    pub(crate) async fn head(&self, target: impl Into<String>) -> Checked<Answer> {
        self.request("HEAD", target).header("accept", ACCEPT).send().await
    }

    pub(crate) fn path(&self, rest: impl std::fmt::Display) -> String {
        format!("/v2/{}/{rest}", self.repository)
    }

    pub(crate) fn blob(&self, digest: &Digest) -> String {
        self.path(format_args!("blobs/{digest}"))
    }

    pub(crate) fn manifest(&self, reference: impl std::fmt::Display) -> String {
        self.path(format_args!("manifests/{reference}"))
    }

    pub(crate) fn referrers(&self, digest: &Digest) -> String {
        self.path(format_args!("referrers/{digest}"))
    }

    /// Pushes a blob in two requests, which every registry supports.
    pub(crate) async fn push_blob(&self, blob: &Blob) -> Checked<Answer> {
        self.push_blob_to(&self.repository, blob).await
    }

    pub(crate) async fn push_blob_to(&self, repository: &str, blob: &Blob) -> Checked<Answer> {
        let session = Session::open_in(self, repository, "").await?;
        session.put(&blob.digest, blob.bytes.clone()).await?.expect(201)
    }

    /// Pushes a manifest under a tag or a digest.
    pub(crate) async fn put_manifest(
        &self,
        reference: impl std::fmt::Display,
        document: &Document,
    ) -> Checked<Answer> {
        self.request("PUT", self.manifest(reference))
            .header("content-type", document.media_type)
            .body(document.bytes.clone())
            .send()
            .await
    }

    /// Pushes an image of one layer and tags it.
    pub(crate) async fn push_image(&self, tag: &str) -> Checked<Document> {
        let image = self.image().await?;
        self.put_manifest(tag, &image).await?.expect(201)?;
        Ok(image)
    }

    /// Pushes the blobs of an image, and returns its manifest.
    pub(crate) async fn image(&self) -> Checked<Document> {
        let (config, layer) = (Blob::config(), Blob::layer());
        self.push_blob(&config).await?;
        self.push_blob(&layer).await?;
        Ok(Document::image(&config, &[&layer]))
    }

    /// Pushes a manifest that refers to a subject.
    pub(crate) async fn attach(&self, subject: &Document, artifact_type: &str) -> Checked<Document> {
        let empty = Blob::empty_json();
        self.push_blob(&empty).await?;
        let referrer = Document::artifact(artifact_type, Some(subject));
        self.put_manifest(&referrer.digest, &referrer)
            .await?
            .expect(201)?;
        Ok(referrer)
    }

    /// Deletes something, if the registry supports this deletion.
    ///
    /// Spec: "Content Management": a registry that does not must answer with 400 or 405.
    pub(crate) async fn delete(&self, target: impl Into<String>) -> Checked<Answer> {
        let answer = self.request("DELETE", target).send().await?;
        match answer.status {
            400 | 405 => skip(format!("this cannot be deleted here: status {}", answer.status)),
            _ => Ok(answer),
        }
    }

    /// Returns the list of referrers, if the registry supports it.
    pub(crate) async fn list_referrers(&self, digest: &Digest, query: &str) -> Checked<Answer> {
        let answer = self.get(format!("{}{query}", self.referrers(digest))).await?;
        if answer.status == 404 {
            return skip("there is no referrers API here: status 404");
        }
        let answer = answer.expect(200)?;
        answer.expect_type("application/vnd.oci.image.index.v1+json")?;
        Ok(answer)
    }
}
