//! Many tags of one place: selecting them, and reporting the outcome of copying them.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use oras::content::{ErrorChain, TagListOptions};
use oras::copy::Operation;
use oras::sync::Glob;
use oras::{
    CopiedTag, CopyError, CopyOptions, CopyTags, CopyTagsOptions, Descriptor, Digest, Error,
    ExtendedCopyOptions, Name, Store, StoreExt, Tag,
};
use serde_json::{Map, Value};

use crate::args::Transfer;
use crate::causes::expects_tls;
use crate::failure::Failure;
use crate::hint::advised;
use crate::place::Place;
use crate::progress::{Progress, Verbs};
use crate::store::Target;
use crate::usage::Usage;
use crate::{format, say};

/// Maximum number of tags printed on one line.
const FEW: usize = 5;

/// Returns the tags on the command line, or else all tags in `source`, named `place`, except referrers indexes.
pub(crate) async fn wanted(target: &Target, source: &dyn Store, place: &str) -> anyhow::Result<Vec<Tag>> {
    let named = named(&target.name, target.names())?;
    match named.is_empty() {
        true => all(source, place).await,
        false => Ok(named),
    }
}

/// Returns the tags among `names` of the place `name`; a digest is an error.
pub(crate) fn named(name: &str, names: &[Name]) -> anyhow::Result<Vec<Tag>> {
    if let Some(digest) = names.iter().find_map(Name::digest) {
        return Err(Usage::error(format!(
            "tags are moved, and {digest} is a digest: write {name}:<tag>[,<tag>]…, or {name} for all its tags"
        )));
    }
    Ok(names.iter().filter_map(Name::tag).cloned().collect())
}

/// Returns all tags of `source`, named `place`, except referrers indexes.
pub(crate) async fn all(source: &dyn Store, place: &str) -> anyhow::Result<Vec<Tag>> {
    let lister = source.as_tag_lister()?;
    let listed: Vec<String> = lister.tags(TagListOptions::default()).try_collect().await?;
    let tags = listed.iter().map(|tag| tag.parse());
    let mut tags = tags.collect::<Result<Vec<Tag>, _>>()?;
    let all = tags.len();
    tags.retain(|tag| !lists_referrers(tag));
    if tags.len() < all {
        let left_out = all - tags.len();
        say::note(format!(
            "Left out {left_out} tag(s) such as sha256-…, which list referrers: those are moved with what they refer to"
        ));
    }
    match tags.is_empty() {
        true => Err(Error::not_found(format!("a tag in {place}")).into()),
        false => Ok(tags),
    }
}

/// Returns the tags of `place` that match one of the patterns.
pub(crate) fn like(mut tags: Vec<Tag>, patterns: &[Glob], place: &str) -> anyhow::Result<Vec<Tag>> {
    tags.retain(|tag| patterns.iter().any(|pattern| pattern.fits(tag.as_str())));
    match tags.is_empty() {
        true => Err(none_like(patterns, place)),
        false => Ok(tags),
    }
}

/// Returns the error that no tag of `place` matches.
fn none_like(patterns: &[Glob], place: &str) -> anyhow::Error {
    let patterns: Vec<String> = patterns.iter().map(Glob::to_string).collect();
    advised(
        Error::not_found(format!("a tag like {} in {place}", patterns.join(" or "))),
        "check the pattern, and quote it: a shell may read it, too",
    )
}

/// Whether a tag is a referrers index, which each registry without the referrers API keeps for itself.
///
/// Spec: distribution-spec v1.1, "Referrers Tag Schema".
fn lists_referrers(tag: &Tag) -> bool {
    let digest = tag.as_str().replacen('-', ":", 1).parse::<Digest>();
    digest.is_ok_and(|digest| digest.algorithm().is_some())
}

/// Returns the options for copying tags together.
pub(crate) fn options(transfer: &Transfer, verbs: Verbs, referrers: bool) -> CopyTagsOptions {
    let copy = CopyOptions::default()
        .with_concurrency(transfer.concurrency())
        .with_events(Progress::new(verbs, transfer));
    CopyTagsOptions::default()
        .with_extended(ExtendedCopyOptions::default().with_copy(copy))
        .with_referrers(referrers)
}

/// Leaves out the tags that are not valid at `place`: a layout accepts any text as a tag, a repository does not.
pub(crate) fn nameable<'a>(found: CopyTags<'a>, place: &Place) -> CopyTags<'a> {
    match place.oci_layout {
        true => found,
        false => found.checked(|tag| Ok(tag.check()?)),
    }
}

/// Prints the existing tags: a few on one line, many on one line each. Named tags may be missing.
pub(crate) fn show_found(tags: &[CopiedTag], place: &str) -> anyhow::Result<()> {
    let there = tags.iter().filter(|tag| !is_absent(tag));
    let names: Vec<&str> = there.map(|tag| tag.tag.as_str()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let found = format!("Found {} tag(s) in {place}:", names.len());
    if names.len() <= FEW {
        return format::line(format!("{found} {}", names.join(", ")));
    }
    format::line(found)?;
    names.into_iter().try_for_each(format::line)
}

/// Whether the tag does not exist. A tag whose content is missing does exist.
fn is_absent(tag: &CopiedTag) -> bool {
    let error = tag.error.as_deref();
    error.is_some_and(|error| error.operation == Operation::Resolve && error.source.is_not_found())
}

/// Prints each tag that was copied.
pub(crate) fn show_moved(tags: &[CopiedTag], verb: &str) -> anyhow::Result<()> {
    tags.iter().filter(|tag| tag.error.is_none()).try_for_each(|tag| {
        let (name, referrers) = (&tag.tag, tag.referrers);
        format::line(format!("{verb} tag {name} with {referrers} referrer(s)"))
    })
}

/// Returns the number of copied tags.
pub(crate) fn moved(tags: &[CopiedTag]) -> usize {
    tags.iter().filter(|tag| tag.error.is_none()).count()
}

/// Writes a document with all tags, copied or not, and the members in `shown`.
pub(crate) fn show_json(tags: &[CopiedTag], mut shown: Map<String, Value>) -> anyhow::Result<()> {
    shown.insert(
        "tags".to_owned(),
        tags.iter().map(|tag| Shown::from(tag).to_json()).collect(),
    );
    format::json(&shown)
}

/// A tag in a document.
pub(crate) struct Shown<'a> {
    pub(crate) tag: &'a Tag,
    /// The action, if it differs between tags.
    pub(crate) action: Option<&'static str>,
    pub(crate) root: Option<&'a Descriptor>,
    pub(crate) referrers: usize,
    /// The digest that the tag had before.
    pub(crate) previous: Option<&'a Digest>,
    pub(crate) error: Option<&'a (dyn StdError + 'static)>,
}

impl Shown<'_> {
    pub(crate) fn to_json(&self) -> Value {
        let mut shown = Map::from_iter([("tag".to_owned(), Value::from(self.tag.as_str()))]);
        let mut put = |key: &str, value: Value| drop(shown.insert(key.to_owned(), value));
        if let Some(action) = self.action {
            put("action", action.into());
        }
        if let Some(root) = self.root {
            put("mediaType", root.media_type.as_str().into());
            put("digest", root.digest.as_str().into());
            put("size", root.size.into());
            put("referrers", self.referrers.into());
        }
        if let Some(previous) = self.previous {
            put("previous", previous.as_str().into());
        }
        if let Some(error) = self.error {
            put("error", ErrorChain(error).to_string().into());
        }
        Value::Object(shown)
    }
}

impl<'a> From<&'a CopiedTag> for Shown<'a> {
    fn from(tag: &'a CopiedTag) -> Self {
        Self {
            tag: &tag.tag,
            action: None,
            root: tag.root.as_ref(),
            referrers: tag.referrers,
            previous: None,
            error: tag
                .error
                .as_ref()
                .map(|error| &**error as &(dyn StdError + 'static)),
        }
    }
}

/// Fails if the registry expects TLS instead of plain HTTP: the command is then run again, without repeating output. `blame`
/// adds to an error the place that it concerns.
pub(crate) fn ensure_scheme(
    tags: &[CopiedTag],
    blame: impl Fn(Arc<CopyError>) -> anyhow::Error,
) -> anyhow::Result<()> {
    let failed = tags.iter().filter_map(|tag| tag.error.clone());
    let mut failed = failed.map(blame);
    match failed.find(|error| expects_tls(error).is_some()) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Fails if a tag was not copied: each failure is printed, and the exit code is that of the first. `blame` adds to an error
/// the place that it concerns.
pub(crate) fn ensure_moved(
    tags: &[CopiedTag],
    what: &str,
    blame: impl Fn(Arc<CopyError>) -> anyhow::Error,
) -> anyhow::Result<()> {
    let mut failed = tags.iter().filter_map(|tag| tag.error.clone());
    let Some(first) = failed.next() else {
        return Ok(());
    };
    let (count, all) = (1 + failed.count(), tags.len());
    if all == 1 {
        return Err(blame(first));
    }
    let each = tags
        .iter()
        .filter_map(|tag| Some((&tag.tag, blame(tag.error.clone()?))));
    tell_failures(each, None);
    Err(blame(first).context(format!("{count} of {all} tags were not {what}")))
}

/// Prints why tags were not copied, and `of` which place if there are several. Tags that failed for the same reason are
/// printed together.
pub(crate) fn tell_failures<'a>(
    failed: impl IntoIterator<Item = (&'a Tag, anyhow::Error)>,
    of: Option<&str>,
) {
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for (tag, error) in failed {
        let reason = Failure::Error(error).to_string();
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, tags)) => tags.push(tag.as_str()),
            None => reasons.push((reason, vec![tag.as_str()])),
        }
    }
    let of = of.map_or_else(String::new, |place| format!(" of {place}"));
    for (reason, tags) in reasons {
        let what = if tags.len() == 1 { "tag" } else { "tags" };
        say::line(format!("Failed {what} {}{of}: {reason}", tags.join(", ")));
    }
}

/// Formats the time since `since`.
pub(crate) fn elapsed(since: Instant) -> String {
    let elapsed = since.elapsed();
    match elapsed < Duration::from_secs(1) {
        true => format!("{}ms", elapsed.as_millis()),
        false => format!("{:.1}s", elapsed.as_secs_f64()),
    }
}
