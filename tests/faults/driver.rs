//! One step on the disk, for tests that kill it or make it fail. One thread does all of it, in the same order each time.
//!
//! `write NAME COUNT` pushes so many artifacts and prints the tag of each as soon as it is there; `collect` and `read` go on
//! until their input ends.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use oras::auth::CredentialStore;
use oras::layout::GcOptions;
use oras::{
    CopyOptions, Credential, CredentialKey, Deleter, DockerConfig, ErrorChain, FileStore, LayoutStore,
    ManifestVersion, MediaType, PackOptions, StoreExt, Tag, Untagger, WriterExt, copy, pack_manifest,
};
use oras_tests::push_large;
use tokio::runtime::Builder;

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let step = std::env::args().nth(1).unwrap_or_default();
    match run(&step) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is told where writing to stderr is what fails.
            let _ = writeln!(std::io::stderr(), "Error: {}", ErrorChain(&*error));
            ExitCode::FAILURE
        }
    }
}

fn run(step: &str) -> Result {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .max_blocking_threads(1)
        .build()?;
    runtime.block_on(take(step))
}

async fn take(step: &str) -> Result {
    if step == "login" {
        return login().await;
    }
    if step.starts_with("resume-") {
        push_large(step, Path::new("."), 512 << 10, false).await?;
        return Ok(());
    }
    let layout = LayoutStore::create("layout").await?;
    match step {
        "write" => write(&layout).await,
        "collect" => until_input_ends(async || collect(&layout).await).await,
        "read" => until_input_ends(read).await,
        "push" => push_as(&layout, "new").await,
        "copy" => {
            let source = LayoutStore::open("source").await?;
            copy(&source, "v1", &layout, "new", &CopyOptions::default()).await?;
            Ok(())
        }
        "pull" => {
            let files = FileStore::new("out");
            copy(&layout, "old-0", &files, "old-0", &CopyOptions::default()).await?;
            Ok(())
        }
        "tag" => Ok(layout.tag(&layout.resolve("old-0").await?, "new").await?),
        "untag" => Ok(layout.untag(&"old-2".parse::<Tag>()?).await?),
        "delete" => Ok(layout.delete(&layout.resolve("old-2").await?).await?),
        "gc" => collect(&layout).await,
        _ => Err(format!("there is no step {step:?}").into()),
    }
}

async fn collect(layout: &LayoutStore) -> Result {
    let all = GcOptions::default()
        .with_grace(Duration::ZERO)
        .with_remove_untagged(true);
    layout.gc(all).await?;
    Ok(())
}

/// Reads what a program without a lock reads: the index, and the tag that was always there.
async fn read() -> Result {
    serde_json::from_slice::<serde_json::Value>(&std::fs::read("layout/index.json")?)?;
    let layout = LayoutStore::open("layout").await?;
    let seed = layout.resolve("old-0").await?;
    layout.fetch_all(&seed, 1 << 20).await?;
    Ok(())
}

async fn until_input_ends(mut again: impl AsyncFnMut() -> Result) -> Result {
    let ended = std::thread::spawn(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    while !ended.is_finished() {
        again().await?;
    }
    Ok(())
}

async fn write(layout: &LayoutStore) -> Result {
    let name = std::env::args().nth(2).ok_or("the name is missing")?;
    let count: usize = std::env::args().nth(3).ok_or("the count is missing")?.parse()?;
    for index in 0..count {
        let tag = format!("{name}-{index}");
        // A collection without a grace time may take what has no tag yet: then it is pushed again.
        let mut tries = 0;
        while let Err(error) = push_as(layout, &tag).await {
            tries += 1;
            if tries == 100 {
                return Err(error);
            }
        }
        println!("{tag}");
    }
    Ok(())
}

async fn push_as(layout: &LayoutStore, tag: &str) -> Result {
    let layer = layout
        .push_bytes(MediaType::OCTET_STREAM, format!("layer of {tag}"))
        .await?;
    let options = PackOptions::default().with_layers([layer]);
    let packed = pack_manifest(layout, ManifestVersion::V1_1, "t/x", options).await?;
    Ok(layout.tag(&packed, tag).await?)
}

async fn login() -> Result {
    let config = DockerConfig::at("config.json").with_plain_text(true);
    let key = CredentialKey::from("new.example");
    config.put(&key, &Credential::basic("user", "password")?).await?;
    Ok(())
}
