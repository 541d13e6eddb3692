//! Pulls an image into an OCI image layout.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use oras::{
    Client, ClientOptions, CopyOptions, Credential, Descriptor, LayoutStore, StaticCredentials, copy,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [registry, user, password, folder] = &args[..] else {
        return Err("usage: pull_image REGISTRY USER PASSWORD FOLDER".into());
    };
    let pulled = run(registry, [user, password], folder.as_ref()).await?;
    println!("pulled {} into {folder}", pulled.digest);
    Ok(())
}

pub(crate) async fn run(
    registry: &str,
    login: [&str; 2],
    folder: &Path,
) -> Result<Descriptor, Box<dyn Error>> {
    let login = StaticCredentials::new(registry, Credential::basic(login[0], login[1])?);
    let client = Client::new(ClientOptions::default().with_credentials(Arc::new(login)))?;
    let repository = client.repository(&format!("{registry}/myrepo"))?;
    let layout = LayoutStore::create(folder).await?;
    Ok(copy(&repository, "latest", &layout, "latest", &CopyOptions::default()).await?)
}
