//! Checks of predecessors and referrers.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use oras_content::{Descriptor, Store, StoreExt};

use crate::failure::{Failure, Outcome, same};
use crate::sample::{TYPE, blob, index, manifest, put, put_manifest};

/// Checks that exactly these manifests refer to `node`.
async fn refer_to(store: &dyn Store, what: &str, node: &Descriptor, expected: &[&Descriptor]) -> Outcome {
    let found = store.as_predecessor_finder()?.predecessors(node).await?;
    let plain = |node: &Descriptor| (node.digest.clone(), node.size, node.media_type.clone());
    let found: Vec<_> = found.iter().map(plain).collect();
    let set: BTreeSet<_> = found.iter().cloned().collect();
    same(
        &format!("predecessors of {what}, without repetition"),
        set.len(),
        found.len(),
    )?;
    let expected: BTreeSet<_> = expected.iter().copied().map(plain).collect();
    same(&format!("predecessors of {what}"), set, expected)
}

pub(crate) async fn a_referrer_is_a_predecessor(store: &dyn Store) -> Outcome {
    let subject = put_manifest(store, "subject", None).await?;
    let one = put_manifest(store, "one", Some(&subject)).await?;
    let two = put_manifest(store, "two", Some(&subject)).await?;
    let of_one = put_manifest(store, "of one", Some(&one)).await?;
    refer_to(store, "the subject", &subject, &[&one, &two]).await?;
    refer_to(store, "a referrer", &one, &[&of_one]).await?;
    let early = manifest(&[blob("later").descriptor()], None);
    let before = put_manifest(store, "before", Some(early.descriptor())).await?;
    put(store, &blob("later")).await?;
    put(store, &early).await?;
    refer_to(store, "a subject that came later", early.descriptor(), &[&before]).await
}

pub(crate) async fn nothing_refers_to_a_lonely_manifest(store: &dyn Store) -> Outcome {
    let lonely = put_manifest(store, "lonely", None).await?;
    refer_to(store, "a lonely manifest", &lonely, &[]).await?;
    let missing = manifest(&[blob("missing").descriptor()], None);
    refer_to(store, "a missing manifest", missing.descriptor(), &[]).await
}

pub(crate) async fn every_edge_has_its_predecessor(store: &dyn Store) -> Outcome {
    let layer = put(store, &blob("layer")).await?;
    let config = Descriptor::empty_json();
    let image = put_manifest(store, "layer", None).await?;
    let list = put(store, &index(&[&image])).await?;
    let lists = put(store, &index(&[&list])).await?;
    refer_to(store, "a layer", &layer, &[&image]).await?;
    refer_to(store, "a configuration", &config, &[&image]).await?;
    refer_to(store, "a manifest of an index", &image, &[&list]).await?;
    refer_to(store, "an index of an index", &list, &[&lists]).await
}

pub(crate) async fn shared_content_has_all_its_predecessors(store: &dyn Store) -> Outcome {
    let (one, two) = (put(store, &blob("one")).await?, put(store, &blob("two")).await?);
    put_manifest(store, "config", None).await?;
    let both = put(store, &manifest(&[&one, &two, &one], None)).await?;
    let single = put(store, &manifest(&[&two], None)).await?;
    refer_to(store, "a layer listed twice", &one, &[&both]).await?;
    refer_to(store, "a shared layer", &two, &[&both, &single]).await
}

pub(crate) async fn referrers_are_listed_by_type(store: &dyn Store) -> Outcome {
    let subject = put_manifest(store, "subject", None).await?;
    let referrer = put_manifest(store, "referrer", Some(&subject)).await?;
    put(store, &index(&[&subject])).await?;
    let lister = store
        .referrer_lister()
        .ok_or_else(|| Failure::new("referrer_lister() is None"))?;
    for (kind, expected) in [
        (None, 1),
        (Some(TYPE.as_str()), 1),
        (Some("application/other"), 0),
    ] {
        let found: Vec<Descriptor> = lister.referrers(&subject, kind).try_collect().await?;
        same(
            &format!("number of referrers of type {kind:?}"),
            found.len(),
            expected,
        )?;
        for found in found {
            same("the referrer", found.plain(), referrer.plain())?;
            same("its artifact type", found.artifact_type, Some(TYPE))?;
        }
    }
    Ok(())
}
