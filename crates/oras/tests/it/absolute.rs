//! A file whose title is an absolute path, as the page of oras-go has it.

use std::fs;

use oras::{
    CopyOptions, ErrorKind, FileOptions, FileStore, ManifestVersion, MemoryStore, PackOptions, WriterExt,
    copy, pack_manifest,
};

#[tokio::test]
async fn an_absolute_title_is_for_those_who_allow_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("myfile");
    fs::write(&file, "some text").unwrap();
    let name = file.to_str().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = FileStore::new(elsewhere.path())
        .add(name, None, None)
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), &ErrorKind::PathTraversal);

    let allowed = FileOptions::default().with_path_traversal(true);
    let files = FileStore::with_options(elsewhere.path(), allowed.clone());
    let layer = files.add(name, None, None).await.unwrap();
    assert_eq!(layer.title(), Some(name));
    let options = PackOptions::default().with_layers([layer]);
    let artifact = pack_manifest(&files, ManifestVersion::V1_1, "text/x", options)
        .await
        .unwrap();
    files.tag(&artifact, "v1").await.unwrap();
    let memory = MemoryStore::new();
    copy(&files, "v1", &memory, "v1", &CopyOptions::default())
        .await
        .unwrap();
    fs::remove_file(&file).unwrap();

    let safe = FileStore::new(elsewhere.path());
    copy(&memory, "v1", &safe, "v1", &CopyOptions::default())
        .await
        .unwrap_err();
    assert!(!file.exists());
    let files = FileStore::with_options(elsewhere.path(), allowed);
    copy(&memory, "v1", &files, "v1", &CopyOptions::default())
        .await
        .unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "some text");
}
