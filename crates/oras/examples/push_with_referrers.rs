//! Builds an artifact and a referrer of it in memory, and pushes both to a repository.

use std::error::Error;
use std::sync::Arc;

use oras::{
    Client, ClientOptions, Credential, Descriptor, ExtendedCopyOptions, ManifestVersion, MemoryStore,
    PackOptions, StaticCredentials, WriterExt, extended_copy, pack_manifest,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [registry, user, password] = &args[..] else {
        return Err("usage: push_with_referrers REGISTRY USER PASSWORD".into());
    };
    println!("pushed {}", run(registry, [user, password]).await?.digest);
    Ok(())
}

pub(crate) async fn run(registry: &str, login: [&str; 2]) -> Result<Descriptor, Box<dyn Error>> {
    let (memory, version) = (MemoryStore::new(), ManifestVersion::V1_1);
    let options = PackOptions::default();
    let artifact = pack_manifest(&memory, version, "application/vnd.example+type", options).await?;
    memory.tag(&artifact, "v1").await?;
    let options = PackOptions::default().with_subject(artifact);
    pack_manifest(&memory, version, "sbom/example", options).await?;

    let login = StaticCredentials::new(registry, Credential::basic(login[0], login[1])?);
    let client = Client::new(ClientOptions::default().with_credentials(Arc::new(login)))?;
    let repository = client.repository(&format!("{registry}/myrepo"))?;
    Ok(extended_copy(&memory, "v1", &repository, "", &ExtendedCopyOptions::default()).await?)
}
