//! Attaches a blob to an artifact of a repository: the blob is the layer of a manifest whose subject is the artifact.

use std::error::Error;
use std::sync::Arc;

use oras::{Client, ClientOptions, Credential, StaticCredentials};
use oras::{Descriptor, ManifestVersion, MediaType, PackOptions, StoreExt, WriterExt, pack_manifest};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [registry, user, password, digest] = &args[..] else {
        return Err("usage: attach_blob REGISTRY USER PASSWORD DIGEST".into());
    };
    let attached = run(registry, [user, password], digest).await?;
    println!("attached {} to {digest}", attached.digest);
    Ok(())
}

pub(crate) async fn run(
    registry: &str,
    login: [&str; 2],
    digest: &str,
) -> Result<Descriptor, Box<dyn Error>> {
    let login = StaticCredentials::new(registry, Credential::basic(login[0], login[1])?);
    let client = Client::new(ClientOptions::default().with_credentials(Arc::new(login)))?;
    let repository = client.repository(&format!("{registry}/myrepo"))?;

    let subject = repository.resolve(digest).await?;
    let content = "example blob";
    let blob = repository.push_bytes(MediaType::OCI_LAYER, content).await?;
    let (version, kind) = (ManifestVersion::V1_1, "application/vnd.example+type");
    let options = PackOptions::default().with_layers([blob]).with_subject(subject);
    Ok(pack_manifest(&repository, version, kind, options).await?)
}
