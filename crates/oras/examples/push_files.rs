//! Pushes a file from anywhere on this machine, under its own name, to a repository.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use oras::{Client, ClientOptions, CopyOptions, Credential, StaticCredentials, copy};
use oras::{Descriptor, FileStore, ManifestVersion, MediaType, PackOptions, pack_manifest};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [registry, user, password, file] = &args[..] else {
        return Err("usage: push_files REGISTRY USER PASSWORD FILE".into());
    };
    let pushed = run(registry, [user, password], file.as_ref()).await?;
    println!("pushed {}", pushed.digest);
    Ok(())
}

pub(crate) async fn run(registry: &str, login: [&str; 2], file: &Path) -> Result<Descriptor, Box<dyn Error>> {
    let name = file.file_name().and_then(|name| name.to_str());
    let media_type = MediaType::from_static("application/vnd.test.file");
    let files = FileStore::new(".");
    let name = name.ok_or("no file")?;
    let layer = files.add(name, Some(media_type), Some(file)).await?;
    let options = PackOptions::default().with_layers([layer]);
    let kind = "application/vnd.test.artifact";
    let artifact = pack_manifest(&files, ManifestVersion::V1_1, kind, options).await?;

    let login = StaticCredentials::new(registry, Credential::basic(login[0], login[1])?);
    let client = Client::new(ClientOptions::default().with_credentials(Arc::new(login)))?;
    let repository = client.repository(&format!("{registry}/myrepo"))?;
    let (artifact, options) = (artifact.digest, CopyOptions::default());
    Ok(copy(&files, artifact, &repository, "latest", &options).await?)
}
