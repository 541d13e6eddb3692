//! The main job against docker-registry 2.8.2, which has no referrers API.

use std::process::Stdio;

use oras_tests::{Work, fails, succeeds};

use crate::docker_registry::DockerRegistry;

fn digest(stdout: &str) -> String {
    stdout
        .lines()
        .find_map(|line| line.strip_prefix("Digest: "))
        .unwrap()
        .to_owned()
}

/// What is in a tree, in whatever order: referrers that were copied at once are listed as they arrived.
fn branches(tree: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = tree
        .lines()
        .map(|line| line.trim_start_matches(|sign: char| !sign.is_ascii_alphanumeric() && sign != '['))
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
#[ignore = "needs docker-registry"]
fn the_main_job() {
    let work = Work::new().unwrap();
    let registry = DockerRegistry::start(&work);
    std::fs::write(work.path("a.txt"), "a").unwrap();
    std::fs::write(work.path("program"), vec![9; 5_000_000]).unwrap();
    let app = registry.at("team/app:v1");

    let push = [
        "push",
        &app,
        "--artifact-type",
        "t/x",
        "a.txt:text/plain",
        "program",
    ];
    succeeds(&mut work.oras(&push));
    // Another manifest of the same files: those, and the empty configuration, are there.
    let again = work.oras(&push).args(["-a", "round=2"]).output().unwrap();
    assert!(again.status.success());
    let events = String::from_utf8_lossy(&again.stderr).into_owned();
    assert_eq!(events.matches("Exists ").count(), 3, "{events}");
    assert_eq!(events.matches("Uploaded ").count(), 1, "{events}");
    let root = digest(&String::from_utf8_lossy(&again.stdout));
    let attached = digest(&succeeds(&mut work.oras(&[
        "attach",
        &app,
        "--artifact-type",
        "sig/x",
        "-a",
        "k=v",
    ])));
    digest(&succeeds(&mut work.oras(&[
        "attach",
        &app,
        "--artifact-type",
        "sbom/x",
        "a.txt:text/plain",
    ])));
    let fallback = format!("{}:{}", registry.at("team/app"), root.replace(':', "-"));
    let index = succeeds(&mut work.oras(&["manifest", "fetch", &fallback]));
    assert!(
        index.contains(&attached) && index.contains("application/vnd.oci.image.index.v1+json"),
        "{index}"
    );
    let tree = succeeds(&mut work.oras(&["discover", &app]));
    assert!(tree.contains("sig/x") && tree.contains("sbom/x"), "{tree}");

    let copied = work
        .oras(&["cp", "-r", &app, &registry.at("other:v2")])
        .output()
        .unwrap();
    let events = String::from_utf8_lossy(&copied.stderr).into_owned();
    assert!(copied.status.success() && events.contains("Mounted"), "{events}");
    let twin = succeeds(&mut work.oras(&["discover", &registry.at("other:v2")]));
    assert_eq!(branches(&twin.replace("/other@", "/team/app@")), branches(&tree));

    succeeds(&mut work.oras(&["pull", &registry.at("other:v2"), "-o", "out"]));
    assert_eq!(
        std::fs::read(work.path("out/program")).unwrap(),
        vec![9; 5_000_000]
    );
    assert_eq!(std::fs::read_to_string(work.path("out/a.txt")).unwrap(), "a");
    succeeds(&mut work.oras(&["tag", &app, "v2", "v3"]));
    let tags = succeeds(&mut work.oras(&["repo", "tags", "--exclude-digest-tags", &registry.at("team/app")]));
    assert_eq!(tags, "v1\nv2\nv3\n");
    let repositories = succeeds(&mut work.oras(&["repo", "ls", &registry.address]));
    assert_eq!(repositories, "other\nteam/app\n");
}

#[test]
#[ignore = "needs docker-registry"]
fn a_user_logs_in_before_anything_is_pushed() {
    let work = Work::new().unwrap();
    let registry = DockerRegistry::with_users(&work);
    std::fs::write(work.path("a.txt"), "a").unwrap();
    let app = registry.at("app:v1");
    assert!(fails(&mut work.oras(&["push", &app, "a.txt"])).contains("oras login"));
    assert!(fails(&mut work.oras(&["login", &registry.address, "-u", "ann", "-p", "wrong"])).contains("401"));
    succeeds(&mut work.oras(&["login", &registry.address, "-u", "ann", "-p", "open sesame"]));
    succeeds(&mut work.oras(&["push", &app, "a.txt"]));
    succeeds(&mut work.oras(&["pull", &app, "-o", "out"]));
    assert_eq!(std::fs::read_to_string(work.path("out/a.txt")).unwrap(), "a");
    succeeds(&mut work.oras(&["cp", &app, "--to-oci-layout", "layout:v1"]));
    succeeds(&mut work.oras(&["logout", &registry.address]));
    fails(&mut work.oras(&["resolve", &app]));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs docker-registry"]
async fn what_is_deleted_is_gone_from_the_referrers() {
    use futures_util::TryStreamExt;
    use oras::content::ReferrerLister;
    use oras::{
        Client, ClientOptions, Deleter, Descriptor, ManifestVersion, PackOptions, RegistryOptions, Store,
        pack_manifest,
    };

    let work = Work::new().unwrap();
    let registry = DockerRegistry::start(&work);
    let client = Client::new(ClientOptions::default()).unwrap();
    let reference = registry.at("app").parse().unwrap();
    let app = client
        .repository_with(&reference, RegistryOptions::default())
        .unwrap();
    let root = pack_manifest(&app, ManifestVersion::V1_1, "t/x", PackOptions::default())
        .await
        .unwrap();
    let referrers = async |subject: &Descriptor| {
        let listed: Vec<Descriptor> = app.referrers(subject, None).try_collect().await.unwrap();
        listed.len()
    };
    let options = || PackOptions::default().with_subject(root.plain());
    let one = pack_manifest(&app, ManifestVersion::V1_1, "sig/x", options())
        .await
        .unwrap();
    let two = pack_manifest(&app, ManifestVersion::V1_1, "sbom/x", options())
        .await
        .unwrap();
    assert_eq!(referrers(&root).await, 2);
    app.delete(&one).await.unwrap();
    assert!(!app.exists(&one).await.unwrap());
    assert_eq!(referrers(&root).await, 1);
    app.delete(&two).await.unwrap();
    assert_eq!(referrers(&root).await, 0);
    app.delete(&root).await.unwrap();
    let blob = Descriptor::empty_json();
    app.delete(&blob).await.unwrap();
    assert!(!app.exists(&blob).await.unwrap());
}

/// The registry has no referrers API and no conditional requests, so that each of these may overwrite the index that
/// another one wrote.
#[test]
#[ignore = "needs docker-registry"]
fn what_is_attached_at_once_is_listed_or_reported() {
    let work = Work::new().unwrap();
    let registry = DockerRegistry::start(&work);
    std::fs::write(work.path("a.txt"), "a").unwrap();
    let app = registry.at("app:v1");
    succeeds(&mut work.oras(&["push", &app, "a.txt"]));
    let attaching: Vec<_> = (0..8)
        .map(|n| {
            let kind = format!("sig/n{n}");
            let mut attach = work.oras(&["attach", &app, "--artifact-type", &kind, "-a", "k=v"]);
            (
                kind,
                attach
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap(),
            )
        })
        .collect();
    let done: Vec<String> = attaching
        .into_iter()
        .filter_map(|(kind, mut attach)| attach.wait().unwrap().success().then_some(kind))
        .collect();
    assert!(done.len() > 1, "{done:?}");
    let tree = succeeds(&mut work.oras(&["discover", &app]));
    for kind in &done {
        assert!(tree.contains(kind), "{kind} was attached, and is not in {tree}");
    }
}
