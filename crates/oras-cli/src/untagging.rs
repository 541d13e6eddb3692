//! Untagging: a tag goes, and its manifest stays.

use oras::content::MAX_MANIFEST_BYTES;
use oras::{Digest, Error, ErrorKind, StoreExt, Tag, Verified, WriterExt};

use crate::hint::advised;
use crate::store::{Kind, Target};

/// A tag that is to be removed.
#[derive(Clone)]
pub(crate) struct Going {
    pub(crate) tag: Tag,
    /// What it stood for when it was chosen; one that was moved since stays.
    pub(crate) digest: Option<Digest>,
}

/// Removes a tag, which must be there.
///
/// A registry that deletes the manifest, too, gets it back, and counts as one that cannot remove a tag alone.
pub(crate) async fn untag(target: &Target, going: &Going) -> anyhow::Result<()> {
    let tag = &going.tag;
    let store = &*target.store;
    let untagger = store
        .as_untagger()
        .map_err(|error| unsupported(target, tag, error))?;
    let manifest = store.fetch_named(tag, MAX_MANIFEST_BYTES).await?;
    ensure_unmoved(target, going, &manifest.descriptor().digest)?;
    match untagger.untag(tag).await {
        Ok(()) if target.kind == Kind::Layout => {}
        Ok(()) => ensure_kept(target, tag, &manifest).await?,
        Err(error) if *error.kind() == ErrorKind::Unsupported => {
            return Err(unsupported(target, tag, error));
        }
        // Some registries do not find what they do not remove.
        Err(error) if error.is_not_found() && store.resolve(tag).await.is_ok() => {
            let subject = format!("removing the tag {}:{tag}", target.name);
            return Err(unsupported(target, tag, Error::unsupported(subject)));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Fails where a tag is not what it was when it was chosen: nobody asked for what it stands for now.
fn ensure_unmoved(target: &Target, going: &Going, now: &Digest) -> anyhow::Result<()> {
    let (name, tag) = (&target.name, &going.tag);
    match &going.digest {
        Some(chosen) if chosen != now => {
            let reason = format!("it was moved from {chosen} to {now} meanwhile");
            Err(Error::refused(format!("removing the tag {name}:{tag}"), reason).into())
        }
        _ => Ok(()),
    }
}

fn unsupported(target: &Target, tag: &Tag, error: Error) -> anyhow::Error {
    let name = &target.name;
    match target.kind {
        Kind::Layout => advised(
            error,
            "an archive stays as it is: copy it to a folder with 'oras cp', and change that",
        ),
        Kind::Registry => advised(
            error,
            format!(
                "remove the tag where {name} is administered; or 'oras manifest delete {name}:{tag}' deletes the manifest, with all its tags"
            ),
        ),
    }
}

/// Fails where the manifest went with its tag, after it was put back.
async fn ensure_kept(target: &Target, tag: &Tag, manifest: &Verified) -> anyhow::Result<()> {
    let (store, descriptor) = (&*target.store, manifest.descriptor());
    if store.exists(descriptor).await? {
        return Ok(());
    }
    let writer = target.writer()?;
    writer.push(descriptor, manifest.clone()).await?;
    let (name, digest) = (&target.name, &descriptor.digest);
    let error = Error::unsupported(format!("removing only the tag {name}:{tag}"));
    Err(advised(
        anyhow::Error::from(error).context("the registry deleted the manifest with its tag"),
        format!(
            "the manifest was put back as {name}@{digest}: give it the other tags that it had, with 'oras tag'"
        ),
    ))
}
