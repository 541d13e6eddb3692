//! `certs.d`: which folder counts, and which files in it.

use oras_config::{Error, HostCerts};

use crate::folders::Folders;

#[test]
fn roots_and_pairs_are_found_in_order() {
    let folders = Folders::new()
        .with("etc/containers/certs.d/r.test:5000/b.crt", "")
        .with("etc/containers/certs.d/r.test:5000/a.crt", "")
        .with("etc/containers/certs.d/r.test:5000/me.cert", "")
        .with("etc/containers/certs.d/r.test:5000/me.key", "")
        .with("etc/containers/certs.d/r.test:5000/notes.txt", "");
    let certs = HostCerts::find(&folders.roots(), "r.test:5000").unwrap();
    let folder = folders.path("etc/containers/certs.d/r.test:5000");
    assert_eq!(certs.roots, [folder.join("a.crt"), folder.join("b.crt")]);
    assert_eq!(certs.clients.len(), 1);
    assert_eq!(certs.clients[0].certificate, folder.join("me.cert"));
    assert_eq!(certs.clients[0].key, folder.join("me.key"));
    assert_eq!(certs.folder, Some(folder));
    assert_eq!(
        HostCerts::find(&folders.roots(), "r.test").unwrap(),
        HostCerts::default()
    );
}

#[test]
fn the_first_folder_counts_alone() {
    let folders = Folders::new();
    let mut with = folders;
    for folder in ["etc/docker", "etc/containers", "user/containers"] {
        with = with.with(&format!("{folder}/certs.d/r.test/ca.crt"), "");
        let certs = HostCerts::find(&with.roots(), "r.test").unwrap();
        assert_eq!(
            certs.roots,
            [with.path(&format!("{folder}/certs.d/r.test/ca.crt"))]
        );
    }
}

#[test]
fn half_a_pair_is_an_error_that_names_both_halves() {
    let folders = Folders::new().with("etc/docker/certs.d/r.test/me.cert", "");
    let error = HostCerts::find(&folders.roots(), "r.test").unwrap_err();
    assert!(matches!(&error, Error::MissingKey { certificate, key }
        if certificate.ends_with("r.test/me.cert") && key.ends_with("r.test/me.key")));
    let folders = Folders::new().with("etc/docker/certs.d/r.test/me.key", "");
    let error = HostCerts::find(&folders.roots(), "r.test").unwrap_err();
    assert!(matches!(&error, Error::MissingCertificate { certificate, key }
        if certificate.ends_with("r.test/me.cert") && key.ends_with("r.test/me.key")));
}

#[test]
fn a_host_that_is_a_path_is_refused() {
    let folders = Folders::new().with("etc/docker/ca.crt", "");
    for host in ["..", "../..", "", ".", "a/b", "/etc"] {
        let found = HostCerts::find(&folders.roots(), host);
        assert!(matches!(found, Err(Error::Reference(_))), "{host}");
    }
}

#[test]
fn a_folder_that_cannot_be_listed_is_an_error() {
    let folders = Folders::new().with("etc/docker/certs.d/r.test", "a file");
    let found = HostCerts::find(&folders.roots(), "r.test");
    assert!(matches!(found, Err(Error::Read { .. })));
}

#[test]
fn all_hosts_that_have_a_folder_are_found_and_one_that_is_wrong_is_told_alone() {
    let folders = Folders::new()
        .with("etc/docker/certs.d/docker.test/ca.crt", "")
        .with("etc/containers/certs.d/both.test:5000/ca.crt", "")
        .with("user/containers/certs.d/both.test:5000/own.crt", "")
        .with("user/containers/certs.d/half.test/me.cert", "")
        .with("user/containers/certs.d/no host/ca.crt", "")
        .with("user/containers/certs.d/file.test", "");
    let all = HostCerts::all(&folders.roots()).unwrap();
    assert_eq!(
        all.keys().collect::<Vec<_>>(),
        ["both.test:5000", "docker.test", "half.test"]
    );
    let both = all["both.test:5000"].as_ref().unwrap();
    assert_eq!(
        both.roots,
        [folders.path("user/containers/certs.d/both.test:5000/own.crt")]
    );
    assert!(matches!(all["half.test"], Err(Error::MissingKey { .. })));
    assert!(HostCerts::all(&Folders::new().roots()).unwrap().is_empty());
}
