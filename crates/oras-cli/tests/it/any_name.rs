//! Names of any form in a layout selected by a flag.

use crate::run::{World, digest};

const NAME: &str = "registry.example:5000/team/app:v1";

#[test]
fn every_command_takes_any_name_in_a_layout_that_a_flag_names() {
    let world = World::new();
    world.write("hello.txt", "hello");
    let at = ["--oci-layout-path", "lay"];
    let with = |words: &[&str]| world.oras(&[&words[..1], &at, &words[1..]].concat());
    let pushed = with(&["push", NAME, "hello.txt", "--artifact-type", "a/b"]);
    assert!(
        pushed.contains(&format!("Pushed [oci-layout] lay:{NAME}\n")),
        "{pushed}"
    );
    let pushed = digest(&pushed);
    assert_eq!(with(&["resolve", NAME]), format!("{pushed}\n"));
    assert_eq!(with(&["resolve", &pushed]), format!("{pushed}\n"));
    with(&["pull", NAME, "-o", "out"]);
    assert_eq!(world.read("out/hello.txt"), "hello");
    let attached = digest(&with(&["attach", NAME, "--artifact-type", "c/d", "-a", "k=v"]));
    assert!(with(&["discover", NAME]).contains(&attached));
    with(&["tag", NAME, "other:5000/app@home", "a,b"]);
    assert_eq!(with(&["resolve", "a,b"]), format!("{pushed}\n"));
    let tags = world.oras(&["repo", "tags", at[0], at[1]]);
    assert_eq!(tags, format!("a,b\nother:5000/app@home\n{NAME}\n"));
    let manifest = world.oras(&["manifest", "fetch", at[0], at[1], NAME]);
    assert!(manifest.contains("hello.txt"), "{manifest}");
    let layer = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let blob = world.oras(&["blob", "fetch", at[0], at[1], layer, "-o", "-"]);
    assert_eq!(blob, "hello");
}

#[test]
fn a_copy_takes_any_name_on_each_side() {
    let world = World::new();
    let pushed = world.push_hello("app:v1");
    let to = ["--to-oci-layout-path", "lay.tar"];
    world.oras(&["cp", &world.at("app:v1"), NAME, to[0], to[1]]);
    let from = ["--from-oci-layout-path", "lay.tar"];
    let copied = world.oras(&["cp", NAME, &world.at("back:v1"), from[0], from[1]]);
    assert_eq!(digest(&copied), pushed);
    let tags = world.oras(&["repo", "tags", "--oci-layout-path", "lay.tar"]);
    assert_eq!(tags, format!("{NAME}\n"));
}

#[test]
fn a_layout_is_named_in_one_way() {
    let world = World::new();
    let both = ["resolve", "v1", "--oci-layout", "--oci-layout-path", "lay"];
    let ran = world.run(&both);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let ran = world.run(&["repo", "tags"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}
