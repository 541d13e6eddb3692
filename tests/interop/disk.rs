//! Disks that are full or fail: one line says so, and nothing partial has a final name.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use oras::content::Digest;
use oras_server::{FolderBackend, Server, ServerOptions};
use oras_tests::{Work, fails, files, succeeds};

/// A folder of 1 MiB that is all there is.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn new(folder: PathBuf) -> Self {
        std::fs::create_dir(&folder).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(&folder)
            .status();
        assert!(
            mounted.is_ok_and(|status| status.success()),
            "a tmpfs can be mounted: run it as root"
        );
        Self(folder)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

async fn pushed(work: &Work, size: usize) -> (Server, String) {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let app = format!("{}/app:v1", server.registry());
    std::fs::write(work.path("large"), vec![1; size]).unwrap();
    succeeds(&mut work.oras(&["push", &app, "large"]));
    (server, app)
}

fn finals(folder: &Path) -> Vec<String> {
    files(folder)
        .into_iter()
        .filter(|file| !file.contains(".oras-tmp-") && !file.ends_with(".lock"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the right to mount"]
async fn a_full_disk_is_told_and_left_clean() {
    let work = Work::new().unwrap();
    let (_server, app) = pushed(&work, 4 << 20).await;
    let disk = SmallDisk::new(work.path("disk"));
    let error = fails(&mut work.oras(&["pull", &app, "-o", "disk"]));
    let last = error.lines().last().unwrap();
    assert!(
        last.starts_with("Error: ") && last.contains("large") && last.contains("make room"),
        "{error}"
    );
    assert_eq!(files(&disk.0), Vec::<String>::new());

    let error = fails(&mut work.oras(&["cp", &app, "--to-oci-layout", "disk/layout:v1"]));
    assert!(error.lines().last().unwrap().contains("make room"), "{error}");
    assert_eq!(
        succeeds(&mut work.oras(&["repo", "tags", "--oci-layout", "disk/layout"])),
        ""
    );
}

/// The status of the answer to a request with a body, and its body.
fn ask(server: &Server, request: &str, body: &[u8]) -> (String, String) {
    let mut stream = TcpStream::connect(server.addr()).unwrap();
    let len = body.len();
    let head = format!("{request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {len}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    // Who is refused early need not have sent everything.
    let _ = stream.write_all(body);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let location = head.lines().find_map(|line| line.strip_prefix("location: "));
    let status = head.split(' ').nth(1).unwrap().to_owned();
    (status, location.unwrap_or(body).to_owned())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the right to mount"]
async fn a_registry_on_a_full_disk_says_so_and_goes_on() {
    let work = Work::new().unwrap();
    let disk = SmallDisk::new(work.path("disk"));
    let backend = Arc::new(FolderBackend::open(&disk.0).unwrap());
    let server = Server::start(ServerOptions::default().with_backend(backend))
        .await
        .unwrap();
    let post = |digest: &Digest| format!("POST /v2/app/blobs/uploads/?digest={digest}");
    let hello = Digest::sha256(b"hello");
    assert_eq!(ask(&server, &post(&hello), b"hello").0, "201");
    let before = files(&disk.0);

    let large = vec![1; 4 << 20];
    let digest = Digest::sha256(&large);
    assert_eq!(ask(&server, &post(&digest), &large).0, "507");
    for method in ["PATCH", "PUT"] {
        let (_, session) = ask(&server, "POST /v2/app/blobs/uploads/", b"");
        let request = format!("{method} {session}?digest={digest}");
        assert_eq!(ask(&server, &request, &large).0, "507");
        assert_eq!(ask(&server, &format!("GET {session}"), b"").0, "404");
    }
    assert_eq!(files(&disk.0), before);

    assert_eq!(
        ask(&server, &format!("GET /v2/app/blobs/{hello}"), b""),
        ("200".into(), "hello".into())
    );
    let world = Digest::sha256(b"world");
    assert_eq!(ask(&server, &post(&world), b"world").0, "201");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs strace"]
async fn every_failing_write_fsync_or_rename_leaves_the_old_state() {
    let work = Work::new().unwrap();
    let (_server, app) = pushed(&work, 300_000).await;
    succeeds(&mut work.oras(&["cp", &app, "--to-oci-layout", "layout:old"]));
    let before = finals(&work.path("layout"));
    let mut failed = 0;
    for (call, error) in [
        ("fsync", "EIO"),
        ("fdatasync", "EIO"),
        ("rename,renameat,renameat2,linkat", "ENOSPC"),
    ] {
        for nth in 1..=3 {
            let oras = work.oras(&[]).get_program().to_owned();
            let inject = format!("inject={call}:error={error}:when={nth}");
            let mut strace = work.command("strace", &["-f", "-qq", "-o", "/dev/null", "-e", &inject]);
            strace.arg(&oras).args([
                "push",
                "--oci-layout",
                "layout:new",
                "large",
                "-a",
                &format!("n={nth}{call}"),
            ]);
            let output = strace
                .output()
                .expect("strace is installed: apt-get install strace");
            let tags = succeeds(&mut work.oras(&["repo", "tags", "--oci-layout", "layout"]));
            if !output.status.success() {
                failed += 1;
                assert!(
                    String::from_utf8_lossy(&output.stderr)
                        .lines()
                        .last()
                        .unwrap()
                        .starts_with("Error: ")
                );
            }
            assert!(tags.contains("old\n"), "{tags}");
            succeeds(&mut work.oras(&["pull", "--oci-layout", "layout:old", "-o", &format!("out-{nth}")]));
        }
    }
    assert!(failed > 0, "no fault was ever injected");
    assert!(before.iter().all(|file| work.path("layout").join(file).exists()));
}

#[test]
#[ignore = "needs strace"]
fn an_archive_that_is_killed_or_fails_at_any_change_of_the_disk_is_whole_or_not_there() {
    let work = Work::new().unwrap();
    std::fs::write(work.path("file"), vec![1; 1 << 20]).unwrap();
    succeeds(&mut work.oras(&["push", "--oci-layout", "layout:v1", "file"]));
    let copy = [
        "cp",
        "--from-oci-layout",
        "layout:v1",
        "--to-oci-layout",
        "new/x.tar:v1",
    ];
    let calls = [
        "ftruncate",
        "fsync,fdatasync",
        "rename,renameat,renameat2,link,linkat",
    ];
    for (call, fault) in calls
        .into_iter()
        .flat_map(|call| [(call, "signal=KILL"), (call, "error=ENOSPC")])
    {
        for nth in 1.. {
            let oras = work.oras(&[]).get_program().to_owned();
            let inject = format!("inject={call}:{fault}:when={nth}");
            let mut strace = work.command("strace", &["-f", "-qq", "-o", "/dev/null", "-e", &inject]);
            let ran = strace.arg(&oras).args(copy).output();
            let is_over = ran
                .expect("strace is installed: apt-get install strace")
                .status
                .success();
            if work.path("new/x.tar").exists() {
                succeeds(&mut work.oras(&["pull", "--oci-layout", "new/x.tar:v1", "-o", "out"]));
                std::fs::remove_file(work.path("new/x.tar")).unwrap();
            } else {
                assert!(!is_over, "a copy that succeeds leaves an archive");
            }
            if fault.starts_with("error") {
                let left = files(&work.path("new"));
                assert!(left.is_empty(), "{call} {nth}: {left:?}");
            }
            if is_over {
                assert!(nth > 1, "no fault was ever injected at {call}");
                break;
            }
            let _ = std::fs::remove_dir_all(work.path("new"));
        }
    }
}

#[test]
#[ignore = "needs strace"]
fn a_collection_that_is_killed_before_any_change_of_the_disk_leaves_what_is_tagged() {
    let work = Work::new().unwrap();
    for index in 0..4 {
        std::fs::write(work.path("file"), index.to_string()).unwrap();
        // All but the last lose their tag to the next.
        succeeds(&mut work.oras(&["push", "--oci-layout", "fresh:v1", "file"]));
    }
    let collect = ["layout", "gc", "layout", "--untagged", "--grace", "0s"];
    for call in [
        "unlink,unlinkat",
        "rename,renameat,renameat2",
        "fsync,fdatasync",
        "flock",
    ] {
        for nth in 1.. {
            succeeds(&mut work.command("sh", &["-c", "rm -rf layout && cp -r fresh layout"]));
            let oras = work.oras(&[]).get_program().to_owned();
            let inject = format!("inject={call}:signal=KILL:when={nth}");
            let mut strace = work.command("strace", &["-f", "-qq", "-o", "/dev/null", "-e", &inject]);
            let ran = strace.arg(&oras).args(collect).output();
            let is_over = ran
                .expect("strace is installed: apt-get install strace")
                .status
                .success();
            succeeds(&mut work.oras(&["layout", "check", "layout"]));
            succeeds(&mut work.oras(&["pull", "--oci-layout", "layout:v1", "-o", "out"]));
            succeeds(&mut work.oras(&collect));
            let found = succeeds(&mut work.oras(&["layout", "check", "layout"]));
            assert!(found.starts_with("3 blobs"), "{call} {nth}: {found}");
            if is_over {
                assert!(nth > 1, "{call} was never called");
                break;
            }
        }
    }
}
