//! Steps on the disk: what is there before, and what has to be there whatever happens.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt;
use oras::layout::CheckOptions;
use oras::{
    Digest, LayoutStore, ManifestVersion, MediaType, PackOptions, StoreExt, TagLister, WriterExt,
    pack_manifest,
};
use oras_tests::{Work, files, large, large_descriptor, push_large};

/// The step of the program `fault-driver` that has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step(pub(crate) &'static str);

impl Step {
    pub(crate) const ALL: [Self; 10] = [
        Self("push"),
        Self("copy"),
        Self("tag"),
        Self("untag"),
        Self("delete"),
        Self("gc"),
        Self("pull"),
        Self("login"),
        Self("resume-push"),
        Self("resume-pull"),
    ];

    /// The program that takes the step, in `folder`.
    pub(crate) fn command(self, folder: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fault-driver"));
        command.arg(self.0).current_dir(folder).env_clear();
        command
    }

    /// The folder before the step, which is made for the first that needs it.
    pub(crate) fn before(self, work: &Work) -> PathBuf {
        let is_resumed = self.0.starts_with("resume-");
        let folder = work.path(if is_resumed { self.0 } else { "before" });
        if !folder.exists() {
            fs::create_dir(&folder).unwrap();
            let runtime = tokio::runtime::Runtime::new().unwrap();
            match is_resumed {
                true => runtime.block_on(break_off(self.0, &folder)),
                false => runtime.block_on(prepare(&folder)).unwrap(),
            }
        }
        folder
    }

    /// Checks what is in `folder` after the step was tried, and, where it said that it succeeded, that it did.
    pub(crate) fn check(self, folder: &Path, is_done: bool) -> Result<(), String> {
        match self.0 {
            "pull" => check_files(&folder.join("out"), is_done)?,
            "login" => return check_logins(&folder.join("config.json"), is_done),
            "resume-push" => {
                let digest = large_descriptor().digest;
                let blob = folder.join("layout/blobs/sha256").join(digest.encoded());
                check_large(&blob, is_done)?;
                return check_layout(&folder.join("layout")).map(drop);
            }
            "resume-pull" => return check_large(&folder.join("out/large"), is_done),
            _ => {}
        }
        let tags = check_layout(&folder.join("layout"))?;
        let is_kept = |tag: &&str| *tag != "old-2" || !matches!(self.0, "untag" | "delete");
        for tag in ["old-0", "old-1", "old-2"].iter().filter(|tag| is_kept(tag)) {
            expect(tags.contains(*tag), || format!("the tag {tag} is lost: {tags:?}"))?;
        }
        let (name, is_there) = match self.0 {
            "push" | "copy" | "tag" => ("new", true),
            "untag" | "delete" => ("old-2", false),
            _ => return Ok(()),
        };
        expect(!is_done || tags.contains(name) == is_there, || {
            format!("it succeeded without effect: {tags:?}")
        })
    }

    /// Takes the step again on a disk that works, which must succeed, and sweep what was left.
    pub(crate) fn redo(self, folder: &Path) -> Result<(), String> {
        for file in temporaries(folder) {
            let old = SystemTime::now() - Duration::from_secs(2 * 24 * 3600);
            let file = File::options().write(true).open(folder.join(file));
            file.and_then(|file| file.set_modified(old)).unwrap();
        }
        let again = self.command(folder).output().unwrap();
        // What a killed run completed can be gone already.
        let is_gone = matches!(self.0, "untag" | "delete") && told(&again).contains("not found");
        expect(again.status.success() || is_gone, || {
            format!("it fails when it is run again: {}", told(&again))
        })?;
        self.check(folder, true)?;
        let left = temporaries(folder);
        expect(left.is_empty(), || {
            format!("these files are never swept: {left:?}")
        })
    }
}

/// What a program wrote to stderr.
pub(crate) fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Files that are on their way to become others.
pub(crate) fn temporaries(folder: &Path) -> Vec<String> {
    let mut found = files(folder);
    found.retain(|file| file.contains(".oras-tmp-"));
    found
}

/// What is left of a push whose source broke off, with a state of six mebibytes.
async fn break_off(step: &str, folder: &Path) {
    let pushed = push_large(step, folder, 2 << 20, true).await;
    assert!(pushed.is_err(), "{pushed:?}");
    let left = files(folder);
    assert!(left.iter().any(|file| file.ends_with(".state")), "{left:?}");
}

/// Three tagged artifacts, one that is not; another layout; a folder that was pulled before; a file of credentials.
pub(crate) async fn prepare(folder: &Path) -> oras::Result<()> {
    let source = LayoutStore::create(folder.join("source")).await?;
    artifact(&source, "copied", Some("v1")).await?;
    let layout = LayoutStore::create(folder.join("layout")).await?;
    for tag in ["old-0", "old-1", "old-2"] {
        artifact(&layout, tag, Some(tag)).await?;
    }
    artifact(&layout, "never tagged", None).await?;
    fs::create_dir(folder.join("out")).unwrap();
    fs::write(folder.join("out/first"), "before").unwrap();
    let logins = r#"{"auths":{"old.example":{"auth":"dTpw"}},"other":12345678901234567890123}"#;
    fs::write(folder.join("config.json"), logins).unwrap();
    Ok(())
}

async fn artifact(layout: &LayoutStore, text: &str, tag: Option<&str>) -> oras::Result<()> {
    let mut layers = Vec::new();
    for title in ["first", "second"] {
        let layer = layout
            .push_bytes(MediaType::OCTET_STREAM, format!("{title} of {text}"))
            .await?;
        layers.push(layer.with_annotation("org.opencontainers.image.title", title));
    }
    let options = PackOptions::default().with_layers(layers);
    let packed = pack_manifest(layout, ManifestVersion::V1_1, "t/x", options).await;
    match tag {
        Some(tag) => layout.tag(&packed.unwrap(), tag).await,
        None => Ok(()),
    }
}

/// Checks that a layout opens, that all its tags lead to whole content, and that every blob is what its name says.
pub(crate) fn check_layout(layout: &Path) -> Result<BTreeSet<String>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let tags = runtime.block_on(check_graphs(layout));
    let blobs = layout.join("blobs/sha256");
    // There is no folder before the first blob.
    let names = if blobs.is_dir() { files(&blobs) } else { Vec::new() };
    for name in names {
        let digest = Digest::sha256(&fs::read(blobs.join(&name)).unwrap());
        let is_sound = name.starts_with(".oras-") || digest.encoded() == name;
        expect(is_sound, || format!("the blob {name} is another"))?;
    }
    tags.map_err(|error| format!("the layout: {}", oras::ErrorChain(&error)))?
}

async fn check_graphs(layout: &Path) -> oras::Result<Result<BTreeSet<String>, String>> {
    let layout = LayoutStore::open(layout).await?;
    let tags: Vec<String> = layout.tags(Default::default()).try_collect().await?;
    for tag in &tags {
        let root = layout.resolve(tag).await?;
        let manifest = layout.fetch_manifest(&root, 4 << 20).await?;
        for child in manifest.successors() {
            layout.fetch_all(child, 1 << 20).await?;
        }
    }
    let report = layout.check(CheckOptions::default()).await?;
    Ok(expect(report.is_sound(), || format!("{report:?}")).map(|()| tags.into_iter().collect()))
}

fn check_files(out: &Path, is_done: bool) -> Result<(), String> {
    for (name, before) in [("first", Some("before")), ("second", None)] {
        let text = fs::read_to_string(out.join(name)).ok();
        let is_new = text == Some(format!("{name} of old-0"));
        expect(is_new || (!is_done && text.as_deref() == before), || {
            format!("the file {name} is {text:?}")
        })?;
    }
    Ok(())
}

/// Large content is there whole or not at all.
fn check_large(path: &Path, is_done: bool) -> Result<(), String> {
    match fs::read(path) {
        Ok(there) => expect(there == large(), || format!("{} is another", path.display())),
        Err(_) => expect(!is_done, || format!("{} is not there", path.display())),
    }
}

fn check_logins(config: &Path, is_done: bool) -> Result<(), String> {
    let text = fs::read_to_string(config).map_err(|error| error.to_string())?;
    serde_json::from_str::<serde_json::Value>(&text).map_err(|error| error.to_string())?;
    let is_kept = text.contains("old.example") && text.contains("12345678901234567890123");
    expect(is_kept && (!is_done || text.contains("new.example")), || {
        format!("the credentials are {text}")
    })
}

fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    match holds {
        true => Ok(()),
        false => Err(otherwise()),
    }
}
