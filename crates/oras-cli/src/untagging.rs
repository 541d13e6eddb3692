//! Untagging: the errors if a tag cannot be removed alone.

use oras::copy::UntagError;
use oras::{Digest, Error, Tag};

use crate::hint::advised;
use crate::store::{Kind, Target};

/// A tag to remove.
#[derive(Clone)]
pub(crate) struct TagToRemove {
    pub(crate) tag: Tag,
    /// The digest it had when it was selected; a tag that moved since then is kept.
    pub(crate) digest: Option<Digest>,
}

/// Removes a tag, which must exist.
pub(crate) async fn untag(target: &Target, going: &TagToRemove) -> anyhow::Result<()> {
    let untagged = oras::copy::untag(&*target.store, &going.tag, going.digest.as_ref()).await;
    match untagged {
        Ok(_) => Ok(()),
        Err(UntagError::Unsupported(error)) => Err(unsupported(target, &going.tag, error)),
        Err(UntagError::PutBack { name, digest }) => Err(put_back(target, &name, &digest)),
        Err(error) => Err(Error::from(error).into()),
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

/// Returns the error if the registry deleted the manifest with its tag; the manifest was pushed again.
fn put_back(target: &Target, tag: &str, digest: &Digest) -> anyhow::Error {
    let error = Error::unsupported(format!("removing only the tag {tag}"));
    advised(
        anyhow::Error::from(error).context("the registry deleted the manifest with its tag"),
        format!(
            "the manifest was put back as {}@{digest}: give it the other tags that it had, with 'oras tag'",
            target.name
        ),
    )
}
