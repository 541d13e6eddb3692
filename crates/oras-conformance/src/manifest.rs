//! Checks of manifests.

use oras_content::{
    Descriptor, Error, ErrorKind, MAX_MANIFEST_BYTES, ManifestKind, MediaType, Store, StoreExt, Verified,
    WriterExt,
};

use crate::content::{has, lacks};
use crate::failure::{Outcome, refused, same};
use crate::sample::{index, manifest, put, put_manifest};

pub(crate) async fn all_kinds_are_stored_byte_for_byte(store: &dyn Store) -> Outcome {
    let child = put_manifest(store, "child", None).await?;
    let config = Descriptor::empty_json().plain();
    for kind in ManifestKind::ALL {
        let media_type = kind.media_type();
        let members = match kind.is_index() {
            true => format!(r#""manifests" : [{}]"#, json(&child)),
            false if kind == ManifestKind::OciArtifact => format!(r#""blobs" : [{}]"#, json(&config)),
            false => format!(r#""config" : {}, "layers" : []"#, json(&config)),
        };
        let text = format!("{{\n  \"schemaVersion\" : 2, \"mediaType\" : \"{media_type}\", {members}\n}}\n");
        let content = Verified::of(media_type, text);
        let target = put(store, &content).await?;
        has(store, &target, content.bytes()).await?;
        let read = store.fetch_manifest(&target, MAX_MANIFEST_BYTES).await?;
        same("successors", read.successors().count(), 1)?;
    }
    Ok(())
}

pub(crate) async fn a_polyglot_is_refused(store: &dyn Store) -> Outcome {
    put(store, &Verified::of(MediaType::OCI_EMPTY, "{}")).await?;
    let config = json(&Descriptor::empty_json().plain());
    let text =
        format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{config}],"manifests":[{config}]}}"#);
    for media_type in [MediaType::OCI_MANIFEST, MediaType::OCI_INDEX] {
        refuses(store, Verified::of(media_type, text.clone())).await?;
    }
    Ok(())
}

pub(crate) async fn text_is_no_manifest(store: &dyn Store) -> Outcome {
    refuses(store, Verified::of(MediaType::OCI_MANIFEST, "not a document")).await
}

pub(crate) async fn a_manifest_may_come_before_its_subject(store: &dyn Store) -> Outcome {
    let subject = manifest(&[], None);
    let referrer = put_manifest(store, "early", Some(subject.descriptor())).await?;
    same("exists", store.exists(&referrer).await?, true)?;
    lacks(store, subject.descriptor()).await?;
    put(store, &subject).await?;
    same("exists", store.exists(subject.descriptor()).await?, true)?;
    let parent = put(store, &index(&[&referrer])).await?;
    same("exists", store.exists(&parent).await?, true)
}

async fn refuses(store: &dyn Store, content: Verified) -> Outcome {
    let target = content.descriptor().clone();
    let bytes = content.bytes().clone();
    let is_invalid = |error: &Error| matches!(error.kind(), ErrorKind::InvalidManifest);
    let pushed = store.as_writer()?.push(&target, bytes).await;
    refused("push", pushed, "ErrorKind::InvalidManifest", is_invalid)?;
    same("exists", store.exists(&target).await?, false)
}

fn json(descriptor: &Descriptor) -> String {
    format!(
        r#"{{"mediaType":"{}","digest":"{}","size":{}}}"#,
        descriptor.media_type, descriptor.digest, descriptor.size
    )
}
