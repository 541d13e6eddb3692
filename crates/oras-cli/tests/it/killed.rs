//! A served folder whose server is killed in the middle of what it does.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::PathBuf;

use oras::content::Digest;

use crate::http::{ask, head};
use crate::run::World;
use crate::serve::Served;

fn serve(world: &World) -> Served {
    Served::new(world, &["--layout", "store"])
}

/// The one file that an upload to `app` is written to.
fn part(world: &World) -> PathBuf {
    let files = fs::read_dir(world.path("store/app/blobs")).unwrap();
    let mut files = files.map(|file| file.unwrap().path());
    files
        .find(|path| path.to_str().unwrap().contains(".oras-part-"))
        .unwrap()
}

#[test]
fn an_upload_goes_on_from_what_is_on_the_disk() {
    let world = World::new();
    let content: Vec<u8> = (0..8_000_000_u32).map(|at| (at % 251) as u8).collect();
    let digest = Digest::sha256(&content);
    let served = serve(&world);
    let opened = ask(&served.address, "POST", "/v2/app/blobs/uploads/", "", b"").expect(202);
    let session = opened.header("location").unwrap().to_owned();
    ask(&served.address, "PATCH", &session, "", &content[..1_000_000]).expect(202);
    let mut stream = TcpStream::connect(&served.address).unwrap();
    let rest = &content[1_000_000..];
    stream
        .write_all(head("PATCH", &session, "", rest.len()).as_bytes())
        .unwrap();
    stream.write_all(&rest[..5_000_000]).unwrap();
    // Some of it is on the disk, some in memory, some on its way.
    while fs::metadata(part(&world)).unwrap().len() < 2_000_000 {
        std::thread::yield_now();
    }
    drop(served);

    let len = fs::metadata(part(&world)).unwrap().len();
    assert!((2_000_000..=6_000_000).contains(&len), "{len}");
    let served = serve(&world);
    let status = ask(&served.address, "GET", &session, "", b"").expect(204);
    let last = format!("0-{}", len - 1);
    assert_eq!(status.header("range"), Some(last.as_str()));
    let left = &content[usize::try_from(len).unwrap()..];
    let range = format!("content-range: {len}-{}\r\n", content.len() - 1);
    ask(&served.address, "PATCH", &session, &range, left).expect(202);
    drop(served);

    // What was acknowledged is there, whatever happens next.
    let served = serve(&world);
    ask(
        &served.address,
        "PUT",
        &format!("{session}?digest={digest}"),
        "",
        b"",
    )
    .expect(201);
    let blob = ask(
        &served.address,
        "GET",
        &format!("/v2/app/blobs/{digest}"),
        "",
        b"",
    )
    .expect(200);
    assert!(blob.body == content);
}
