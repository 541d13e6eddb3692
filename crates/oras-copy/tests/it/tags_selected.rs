//! Many tags, with only part of the content selected.

use oras_content::{ImageIndex, Platform, Store, StoreExt, Tag, WriterExt};
use oras_copy::{CopyOptions, CopyTags, CopyTagsOptions, ExtendedCopyOptions};
use oras_memory::MemoryStore;

use crate::graph::{artifact, index, push};
use crate::recorder::{Call, Recorder};

fn tags(names: &[&str]) -> Vec<Tag> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

#[tokio::test]
async fn each_tag_goes_to_what_platforms_select() {
    let source = MemoryStore::new();
    let (index, images) = index(&source).await;
    let lone = artifact(&source, &["x"]).await;
    source.tag(&lone, "lone").await.unwrap();
    // Nothing is cached that could be read again.
    let copy = CopyOptions::default().with_manifest_memory(0);
    let select = |names: &[&str]| {
        let platforms = names.iter().map(|name| name.parse::<Platform>().unwrap());
        let copy = copy.clone().with_platforms(platforms);
        CopyTagsOptions::default().with_extended(ExtendedCopyOptions::default().with_copy(copy))
    };
    let (options, to) = (select(&["linux/arm64"]), MemoryStore::new());
    let found = CopyTags::find(&source, tags(&["v1", "lone"]), &options).await;
    let copied = found.run(&to).await;
    assert_eq!(copied[0].root.as_ref().unwrap().digest, images[1].digest);
    assert!(copied[0].error.is_none() && copied[1].error.is_some());
    assert!(!to.exists(&index).await.unwrap());
    assert_eq!(to.resolve("v1").await.unwrap().digest, images[1].digest);

    let third = images[0].clone().with_platform(Platform::new("linux", "riscv64"));
    let three = ImageIndex::new(vec![images[0].clone(), images[1].clone(), third.clone()]);
    let three = push(&source, three.to_content()).await;
    source.tag(&three, "v1").await.unwrap();
    let both = select(&["linux/riscv64", "linux/amd64"]);
    let copied = CopyTags::find(&source, tags(&["v1"]), &both).await.run(&to).await;
    assert!(copied[0].error.is_none(), "{:?}", copied[0].error);
    // The index without the third manifest exists only at the destination.
    let made = ImageIndex::new(vec![images[0].clone(), third]).to_content();
    assert_eq!(to.resolve("v1").await.unwrap().digest, made.descriptor().digest);
}

#[tokio::test]
async fn tags_that_are_not_kept_are_not_copied() {
    let source = MemoryStore::new();
    for name in ["a", "b"] {
        let root = artifact(&source, &[name]).await;
        source.tag(&root, name).await.unwrap();
    }
    let (options, to) = (CopyTagsOptions::default(), Recorder::default());
    let found = CopyTags::find(&source, tags(&["a", "b"]), &options).await;
    let copied = found.retain(|tag| tag.tag.as_str() == "b").run(&to).await;
    assert_eq!(copied.len(), 1);
    assert_eq!(to.count(|call| matches!(call, Call::Tag(_))), 1);
    assert!(to.store.resolve("a").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn tags_are_called_at_the_destination_as_the_caller_says() {
    let (source, to) = (MemoryStore::new(), MemoryStore::new());
    for (name, layer) in [("v1", "one"), ("v2", "two"), ("v3", "two")] {
        let root = artifact(&source, &[layer]).await;
        source.tag(&root, name).await.unwrap();
    }
    let options = CopyTagsOptions::default();
    let found = CopyTags::find(&source, tags(&["v1", "v2", "v3", "none"]), &options).await;
    let renamed = found.renamed(|tag| tag.as_str().replace('v', "app-").parse().unwrap());
    let copied = renamed.retain(|tag| tag.tag.as_str() != "app-1").run(&to).await;
    let names: Vec<&str> = copied.iter().map(|tag| tag.tag.as_str()).collect();
    assert_eq!(names, ["app-2", "app-3", "none"]);
    for name in ["app-2", "app-3"] {
        let there = to.resolve(name).await.unwrap();
        assert_eq!(copied[0].root.as_ref(), Some(&there));
    }
    for name in ["app-1", "v1", "v2"] {
        assert!(to.resolve(name).await.is_err(), "{name}");
    }
}
