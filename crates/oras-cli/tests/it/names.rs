//! Unusual but valid names of files, types and places, and invalid ones that must do no harm.

use crate::run::World;

/// Returns the descriptor of the only layer of `app:v1`.
fn layer(world: &World) -> serde_json::Value {
    let manifest = world.oras(&["manifest", "fetch", &world.at("app:v1")]);
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    manifest["layers"][0].clone()
}

#[test]
fn a_file_is_named_and_typed_as_it_was_meant() {
    let world = World::new();
    world.write("x.txt", "x");
    world.write("a:b", "ab");
    world.write("d/g", "g");
    let plain = "application/vnd.oci.image.layer.v1.tar";
    for (argument, title, media_type) in [
        (
            "x.txt:text/plain; charset=utf-8",
            "x.txt",
            "text/plain; charset=utf-8",
        ),
        ("a:b", "a:b", plain),
        ("a:b:", "a:b", plain),
        ("a:b:text/plain", "a:b", "text/plain"),
        ("./d/../d/g", "d/g", plain),
    ] {
        world.oras(&["push", &world.at("app:v1"), argument]);
        let layer = layer(&world);
        let found = layer["annotations"]["org.opencontainers.image.title"].as_str();
        assert_eq!(found, Some(title), "{argument}");
        assert_eq!(layer["mediaType"], media_type, "{argument}");
        let to = format!("out {title}").replace(['/', ':'], "-");
        world.oras(&["pull", &world.at("app:v1"), "-o", &to]);
        assert_eq!(world.read(&format!("{to}/{title}")), world.read(title));
    }
}

#[test]
fn a_digest_that_content_cannot_have_is_refused_before_bytes_move() {
    let world = World::new();
    world.push_hello("app:v1");
    world.journal().clear();
    let (app, copy) = (
        world.at("app:v1"),
        world.at(&format!("copy@sha256:{}", "a".repeat(64))),
    );
    world.fails(&["cp", &app, &copy]);
    world.fails(&["push", &copy, "hello.txt"]);
    let is_write = |method: &str| matches!(method, "POST" | "PUT" | "PATCH");
    assert_eq!(world.journal().count(|entry| is_write(entry.method.as_str())), 0);
}
