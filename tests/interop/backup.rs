//! Backups: killed at any change of the disk, to and from docker-registry, and read by skopeo; of one repository and of many.

use oras_tests::{Work, fails, succeeds};

use crate::docker_registry::DockerRegistry;

/// A layout `source` of two tags that share a layer, one of them with an SBOM.
fn source(work: &Work) {
    std::fs::write(work.path("shared"), vec![1; 1 << 20]).unwrap();
    for tag in ["v1", "v2"] {
        std::fs::write(work.path(tag), tag).unwrap();
        let name = format!("source:{tag}");
        succeeds(&mut work.oras(&["push", "--oci-layout", &name, "shared", tag]));
    }
    let attach = [
        "attach",
        "--oci-layout",
        "source:v1",
        "--artifact-type",
        "sbom/x",
        "v1",
    ];
    succeeds(&mut work.oras(&attach));
}

/// All of the source is in the layout `name`.
fn assert_whole(work: &Work, name: &str, what: &str) {
    for tag in ["v1", "v2"] {
        let [expected, found] = ["source", name].map(|layout| {
            let name = format!("{layout}:{tag}");
            succeeds(&mut work.oras(&["resolve", "--oci-layout", &name]))
        });
        assert_eq!(expected, found, "{what}");
        succeeds(&mut work.oras(&["verify", "--oci-layout", &format!("{name}:{tag}")]));
    }
    let name = format!("{name}:v1");
    let tree = succeeds(&mut work.oras(&["discover", "--oci-layout", &name]));
    assert!(tree.contains("sbom/x"), "{what}: {tree}");
}

#[test]
#[ignore = "needs strace"]
fn a_backup_that_is_killed_at_any_change_of_the_disk_completes_when_it_is_run_again() {
    let work = Work::new().unwrap();
    source(&work);
    for output in ["new/folder", "new/x.tar"] {
        let mut killed = 0;
        let backup = [
            "backup",
            "--oci-layout",
            "source",
            "-o",
            output,
            "--include-referrers",
        ];
        for call in [
            "mkdir,mkdirat",
            "ftruncate",
            "flock",
            "fsync,fdatasync",
            "rename,renameat,renameat2,link,linkat",
        ] {
            for nth in 1.. {
                let _ = std::fs::remove_dir_all(work.path("new"));
                let oras = work.oras(&[]).get_program().to_owned();
                let inject = format!("inject={call}:signal=KILL:when={nth}");
                let mut strace = work.command("strace", &["-f", "-qq", "-o", "/dev/null", "-e", &inject]);
                let ran = strace.arg(&oras).args(backup).output();
                let is_over = ran
                    .expect("strace is installed: apt-get install strace")
                    .status
                    .success();
                if work.path("new/x.tar").exists() {
                    assert_whole(&work, "new/x.tar", "an archive is whole or not there");
                }
                succeeds(&mut work.oras(&backup));
                assert_whole(&work, output, &format!("{output}: {call} {nth}"));
                if is_over {
                    break;
                }
                killed += 1;
            }
        }
        assert!(killed > 0, "{output} was never killed");
    }
}

#[test]
#[ignore = "needs docker-registry"]
fn tags_go_to_docker_registry_and_back() {
    let work = Work::new().unwrap();
    source(&work);
    let registry = DockerRegistry::start(&work);
    let app = registry.at("team/app");
    let restored = succeeds(&mut work.oras(&["restore", "--input", "source", &app]));
    assert!(
        restored.contains("Pushed tag v1 with 1 referrer(s)\nPushed tag v2 with 0 referrer(s)\n"),
        "{restored}"
    );
    let v1 = format!("{app}:v1");
    let verified = succeeds(&mut work.oras(&["verify", &v1]));
    assert!(verified.contains("(sbom/x)"), "{verified}");
    for output in ["back", "back.tar"] {
        succeeds(&mut work.oras(&["backup", &app, "-o", output, "--include-referrers"]));
        assert_whole(&work, output, output);
        // Its list of referrers is a tag there.
        let tags = succeeds(&mut work.oras(&["repo", "tags", "--oci-layout", output]));
        assert_eq!(tags, "v1\nv2\n");
    }

    // It removes no tag alone.
    let stderr = fails(&mut work.oras(&["repo", "delete", "--force", &v1]));
    assert!(
        stderr.contains(&format!("or 'oras manifest delete {v1}' deletes the manifest")),
        "{stderr}"
    );
    let stderr = fails(&mut work.oras(&["repo", "prune", "--force", "--keep", "0", &app]));
    assert!(stderr.contains("0 of 2 tags were removed"), "{stderr}");
    succeeds(&mut work.oras(&["verify", &v1]));
}

#[test]
#[ignore = "needs docker-registry and skopeo"]
fn repositories_of_docker_registry_go_to_one_layout_that_skopeo_reads_and_back() {
    let work = Work::new().unwrap();
    crate::skopeo::image(&work, "ours", "amd64");
    let registry = DockerRegistry::start(&work);
    let (app, db) = (registry.at("app"), registry.at("team/db"));
    for name in [&app, &db] {
        succeeds(&mut work.oras(&["restore", "--input", "ours", name]));
    }
    let attach = [
        "attach",
        &format!("{app}:v1"),
        "--artifact-type",
        "sbom/x",
        "ours.json",
    ];
    succeeds(&mut work.oras(&attach));
    let digest = succeeds(&mut work.oras(&["resolve", &format!("{app}:v1")]));
    let server = app.split('/').next().unwrap();
    for (output, transport) in [("all", "oci"), ("all.tar", "oci-archive")] {
        let backup = ["backup", "--all", server, "-o", output, "--include-referrers"];
        let said = succeeds(&mut work.oras(&backup));
        assert!(said.contains("2 tag(s) of 2 repositories"), "{said}");
        for name in [&app, &db] {
            let named = format!("{transport}:{output}:{name}:v1");
            let inspected = succeeds(&mut work.command("skopeo", &["inspect", &named]));
            assert!(inspected.contains(digest.trim()), "{inspected}");
            let copied = format!("dir:{output}-copied");
            succeeds(&mut work.command("skopeo", &["copy", "--insecure-policy", &named, &copied]));
        }
        let below = registry.at(&format!("{transport}/"));
        let said = succeeds(&mut work.oras(&["restore", "--input", output, &below]));
        assert!(
            said.contains(&format!("Pushed {below}app:v1 with 1 referrer(s)\n")),
            "{said}"
        );
        for name in ["app:v1", "team/db:v1"] {
            succeeds(&mut work.oras(&["verify", &format!("{below}{name}")]));
        }
        let gone = ["app:v1", "team/db:v1"].map(|name| format!("{below}{name}"));
        for name in gone {
            succeeds(&mut work.oras(&["manifest", "delete", "--force", &name]));
        }
    }
}

#[test]
#[ignore = "needs skopeo"]
fn skopeo_reads_a_backup() {
    let work = Work::new().unwrap();
    crate::skopeo::image(&work, "ours", "amd64");
    for output in ["back", "back.tar"] {
        succeeds(&mut work.oras(&["backup", "--oci-layout", "ours", "-o", output]));
    }
    let digest = succeeds(&mut work.oras(&["resolve", "--oci-layout", "ours:v1"]));
    for name in ["oci:back:v1", "oci-archive:back.tar:v1"] {
        let inspected = succeeds(&mut work.command("skopeo", &["inspect", name]));
        assert!(inspected.contains(digest.trim()), "{inspected}");
    }
}
