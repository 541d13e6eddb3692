//! Kinds of content, each through all operations.

use futures_util::FutureExt;
use serde_json::Value;

use super::blob_push::taken;
use crate::case::{Case, Checked, Section, skip};
use crate::content::OCI_INDEX;
use crate::kind::{Graph, KINDS};
use crate::login::encode;
use crate::session::Session;
use crate::trial::Trial;

const TAG: &str = "v1";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (kind, make) in KINDS {
        let id = |step: &str| format!("content/{kind}/{step}");
        let section = Section::of("Pushing Manifests")
            .must(id("push"), move |t| push_all(t, make()).boxed())
            .must(id("list"), move |t| list(t, make()).boxed())
            .must(id("head"), move |t| head(t, make()).boxed())
            .must(id("get"), move |t| get(t, make()).boxed())
            .must(id("referrers"), move |t| referrers(t, make()).boxed())
            .must(id("delete"), move |t| delete(t, make()).boxed());
        cases.extend(section.cases());
        if !make().blobs.is_empty() {
            let section = Section::of("Pulling blobs");
            cases.extend(
                section
                    .must(id("blobs"), move |t| blobs(t, make()).boxed())
                    .cases(),
            );
        }
    }
    cases
}

/// Pushes everything, the root also by its tag.
async fn push(t: &Trial, graph: &Graph) -> Checked {
    for blob in &graph.blobs {
        let session = Session::open(t).await?;
        let answer = session.put(&blob.digest, blob.bytes.clone()).await?;
        let answer = taken(answer, &blob.digest)?;
        answer.expect_no_other_digest(&blob.digest)?;
    }
    for manifest in &graph.manifests {
        let answer = t.put_manifest(&manifest.digest, manifest).await?;
        if graph.is_sparse && answer.status != 201 {
            let code = answer.code()?;
            answer.check(code == "MANIFEST_BLOB_UNKNOWN", "the code MANIFEST_BLOB_UNKNOWN")?;
            return skip(format!("parts may not be missing here: status {}", answer.status));
        }
        taken(answer, &manifest.digest)?.expect_no_other_digest(&manifest.digest)?;
    }
    let root = graph.root();
    // Under a tag, the registry would choose the digest algorithm.
    if root.digest.algorithm_name() == "sha256" {
        t.put_manifest(TAG, root).await?.expect(201)?;
    }
    Ok(())
}

async fn push_all(t: &Trial, graph: Graph) -> Checked {
    push(t, &graph).await
}

async fn list(t: &Trial, graph: Graph) -> Checked {
    push(t, &graph).await?;
    let wanted: &[&str] = if graph.root().digest.algorithm_name() == "sha256" {
        &[TAG]
    } else {
        &[]
    };
    let answer = t.get(t.path("tags/list")).await?.expect(200)?;
    let document = answer.json()?;
    answer.check(
        document["name"] == t.repository.as_str(),
        "the name of the repository",
    )?;
    let tags: Vec<&str> = document["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    answer.check(tags == wanted, format!("the tags {wanted:?}"))
}

async fn head(t: &Trial, graph: Graph) -> Checked {
    push(t, &graph).await?;
    for manifest in &graph.manifests {
        let head = t
            .request("HEAD", t.manifest(&manifest.digest))
            .header("accept", manifest.media_type);
        let answer = head.send().await?.expect(200)?;
        answer.expect_type(manifest.media_type)?;
        answer.expect_length(manifest.len())?;
        answer.expect_no_other_digest(&manifest.digest)?;
    }
    Ok(())
}

async fn get(t: &Trial, graph: Graph) -> Checked {
    push(t, &graph).await?;
    let mut wanted: Vec<_> = graph
        .manifests
        .iter()
        .map(|manifest| (manifest.digest.to_string(), manifest))
        .collect();
    if graph.root().digest.algorithm_name() == "sha256" {
        wanted.push((TAG.to_owned(), graph.root()));
    }
    for (reference, manifest) in wanted {
        let get = t
            .request("GET", t.manifest(reference))
            .header("accept", manifest.media_type);
        let answer = get.send().await?.expect(200)?;
        answer.expect_type(manifest.media_type)?;
        answer.expect_no_other_digest(&manifest.digest)?;
        answer.expect_body(&manifest.bytes)?;
    }
    Ok(())
}

async fn blobs(t: &Trial, graph: Graph) -> Checked {
    push(t, &graph).await?;
    for blob in &graph.blobs {
        let answer = t
            .request("GET", t.blob(&blob.digest))
            .send_following()
            .await?
            .expect(200)?;
        answer.expect_body(&blob.bytes)?;
    }
    Ok(())
}

/// Checks the referrers: the root if it has a subject, and otherwise none.
async fn referrers(t: &Trial, graph: Graph) -> Checked {
    push(t, &graph).await?;
    let Some(referrer) = &graph.referrer else {
        let answer = t.list_referrers(&graph.root().digest, "").await?;
        return answer.check(
            answer.json()?["manifests"] == Value::Array(Vec::new()),
            "no referrers",
        );
    };
    let root = graph.root();
    for query in [
        String::new(),
        format!("?artifactType={}", encode(referrer.artifact_type)),
    ] {
        let answer = t.list_referrers(&referrer.subject.digest, &query).await?;
        let document = answer.json()?;
        answer.check(
            document["schemaVersion"] == 2 && document["mediaType"] == OCI_INDEX,
            "an index",
        )?;
        let entry = &document["manifests"][0];
        answer.check(
            entry["digest"] == root.digest.as_str() && entry["size"] == root.len(),
            "the referrer",
        )?;
        answer.check(
            entry["mediaType"] == root.media_type,
            format!("the media type {}", root.media_type),
        )?;
        answer.check(
            entry["artifactType"] == referrer.artifact_type,
            referrer.artifact_type,
        )?;
        answer.check(
            entry["annotations"] == referrer.annotations,
            format!("annotations {}", referrer.annotations),
        )?;
    }
    Ok(())
}

async fn delete(t: &Trial, graph: Graph) -> Checked {
    push(t, &graph).await?;
    for manifest in graph.manifests.iter().rev() {
        t.delete(t.manifest(&manifest.digest)).await?.expect(202)?;
        t.head(t.manifest(&manifest.digest)).await?.expect(404)?;
    }
    t.head(t.manifest(TAG)).await?.expect(404)?;
    for blob in &graph.blobs {
        t.delete(t.blob(&blob.digest)).await?.expect(202)?;
        t.head(t.blob(&blob.digest)).await?.expect(404)?;
    }
    Ok(())
}
