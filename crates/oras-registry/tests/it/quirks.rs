//! Registries with quirks: the main job works with every one of them.

use std::sync::Arc;

use futures_util::TryStreamExt;
use oras_auth::{Credential, StaticCredentials};
use oras_content::{BoxError, Descriptor, Reference, ReferrerLister, StoreExt, TagListOptions, TagLister};
use oras_copy::{CopyOptions, copy};
use oras_memory::MemoryStore;
use oras_pack::{ManifestVersion, PackOptions, pack_manifest};
use oras_registry::{Client, ClientOptions, RegistryOptions, Repository};
use oras_server::{ServerOptions, User, Users};
use oras_server_faults::{FaultOptions, Profile, Quirk, Server};

use crate::place::{artifact, quick};

/// Returns why the main job is impossible with a quirk, for those no client can work around.
pub(crate) fn is_beyond_repair(quirk: Quirk) -> Option<&'static str> {
    Some(match quirk {
        Quirk::YesToEverything => "nothing is a registry that does nothing",
        Quirk::NoArtifacts => "the artifact is refused",
        Quirk::NoEmptyConfig => "the artifact has the empty config",
        Quirk::Gzip => "content and tokens come compressed although nobody asked for it",
        Quirk::ReferrersTagResolves => "the tag for referrers is something else and must not be changed",
        Quirk::LocationOtherPort => "there is nothing at the port that the registry names",
        _ => return None,
    })
}

pub(crate) async fn start(quirks: &[Quirk]) -> (Server, Client) {
    let (server, options) = start_for_ann(quirks).await;
    (server, Client::new(options).unwrap())
}

/// Starts a registry with quirks and two origins, and returns the options of a client with full access.
pub(crate) async fn start_for_ann(quirks: &[Quirk]) -> (Server, ClientOptions) {
    let users = Users::new().with_user(User::new("ann", "open sesame"));
    let options = ServerOptions::default()
        .with_users(users)
        .with_tokens(true)
        .with_second_origin(true);
    let faults = FaultOptions::default().with_quirks(quirks.iter().copied());
    let server = Server::start_with(options, faults).await.unwrap();
    let options = ann(&server);
    (server, options)
}

/// Returns the options of a client with full access.
pub(crate) fn ann(server: &Server) -> ClientOptions {
    let credential = Credential::basic("ann", "open sesame").unwrap();
    let credentials = StaticCredentials::new(server.registry(), credential);
    ClientOptions::default()
        .with_retry(quick())
        .with_credentials(Arc::new(credentials))
}

pub(crate) fn repository(server: &Server, client: &Client, name: &str) -> Repository {
    let reference = Reference::new(&server.registry(), name).unwrap();
    client
        .repository_with(&reference, RegistryOptions::default())
        .unwrap()
}

/// Pushes an artifact with a referrer, reads it back, lists its tags and referrers, and copies it to another
/// repository.
async fn main_job(server: &Server, client: &Client) -> Result<(), BoxError> {
    let store = MemoryStore::new();
    let made = artifact(&store, 3).await;
    let one = repository(server, client, "team/one");
    oras_content::WriterExt::tag(&store, &made, "v1").await?;
    copy(&store, "v1", &one, "v1", &CopyOptions::default()).await?;
    copy(&store, "v1", &one, "v2", &CopyOptions::default()).await?;

    let found = one.resolve("v1").await?;
    assert_eq!((&found.digest, found.size), (&made.digest, made.size));
    assert_eq!(
        one.fetch_all(&found, 1 << 20).await?.bytes(),
        store.fetch_all(&made, 1 << 20).await?.bytes()
    );

    let signature = PackOptions::default().with_subject(made.clone());
    let signature = pack_manifest(
        &one,
        ManifestVersion::V1_1,
        "application/vnd.example.signature",
        signature,
    )
    .await?;
    let referrers: Vec<Descriptor> = one.referrers(&made, None).try_collect().await?;
    assert_eq!(
        referrers.iter().map(|node| &node.digest).collect::<Vec<_>>(),
        [&signature.digest]
    );

    let tags: Vec<String> = one.tags(TagListOptions::default()).try_collect().await?;
    assert!(
        tags.contains(&"v1".to_owned()) && tags.contains(&"v2".to_owned()),
        "{tags:?}"
    );

    let other = repository(server, client, "team/other");
    copy(&one, "v2", &other, "v2", &CopyOptions::default()).await?;
    let back = MemoryStore::new();
    copy(&other, "v2", &back, "v2", &CopyOptions::default()).await?;
    assert_eq!(back.resolve("v2").await?.digest, made.digest);
    Ok(())
}

#[tokio::test]
async fn the_main_job_works_with_every_quirk() {
    let mut wrong = Vec::new();
    for quirk in Quirk::ALL {
        let (server, client) = start(&[*quirk]).await;
        let done = main_job(&server, &client).await;
        match (done, is_beyond_repair(*quirk)) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some(reason)) => wrong.push(format!("{quirk} works although {reason}")),
            (Err(error), None) => wrong.push(format!("{quirk}: {error:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_main_job_works_with_every_profile() {
    let mut wrong = Vec::new();
    for profile in Profile::ALL {
        let (server, client) = start(profile.quirks()).await;
        let done = main_job(&server, &client).await;
        let reason = profile.quirks().iter().find_map(|quirk| is_beyond_repair(*quirk));
        match (done, reason) {
            (Ok(()), None) | (Err(_), Some(_)) => {}
            (Ok(()), Some(reason)) => wrong.push(format!("{profile} works although {reason}")),
            (Err(error), None) => wrong.push(format!("{profile}: {error:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Q05: `HEAD` and `GET` end at a server that does not report digests.
#[tokio::test]
async fn the_main_job_works_with_storage_that_knows_of_no_registry() {
    let (server, client) = start(&[Quirk::BlobRedirect, Quirk::BareStorage]).await;
    main_job(&server, &client).await.unwrap();
    let journal = server.second_origin().unwrap().journal();
    assert!(journal.requests() > 0);
    let told = journal.count(|entry| entry.response_headers.contains_key("docker-content-digest"));
    assert_eq!(told, 0);
}

#[tokio::test]
async fn nothing_secret_gets_to_the_second_origin() {
    for quirk in [Quirk::BlobRedirect, Quirk::LocationSecondOrigin] {
        let (server, client) = start(&[quirk]).await;
        main_job(&server, &client).await.unwrap();
        let journal = server.second_origin().unwrap().journal();
        assert!(journal.requests() > 0, "{quirk}");
        assert!(!journal.contains_secret("open sesame"), "{quirk}");
        let shown = journal.count(|entry| entry.request_headers.contains_key("authorization"));
        assert_eq!(shown, 0, "{quirk}");
    }
}
