//! Pulls an image into an OCI image layout, with the credential that `docker login` stored.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use oras::{Client, ClientOptions, CopyOptions, Descriptor, DockerConfig, LayoutStore, copy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [repository, folder] = &args[..] else {
        return Err("usage: pull_with_docker_login REPOSITORY FOLDER".into());
    };
    let logins = DockerConfig::from_environment()?;
    let pulled = run(repository, logins, folder.as_ref()).await?;
    println!("pulled {} {}", pulled.digest, pulled.media_type);
    Ok(())
}

pub(crate) async fn run(
    repository: &str,
    logins: DockerConfig,
    folder: &Path,
) -> Result<Descriptor, Box<dyn Error>> {
    let client = Client::new(ClientOptions::default().with_credentials(Arc::new(logins)))?;
    let repository = client.repository(repository)?;
    let layout = LayoutStore::create(folder).await?;
    Ok(copy(&repository, "latest", &layout, "latest", &CopyOptions::default()).await?)
}
