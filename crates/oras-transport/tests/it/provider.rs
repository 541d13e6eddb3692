//! Whose cryptography secures a connection: that of the features, whatever the rest of the process is set to.

use std::env;
use std::process::Command;
use std::sync::Arc;

use oras_transport::{TlsOptions, TransportOptions, base};
use rustls::NamedGroup;
use rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, SupportedKxGroup, ring,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;
use tower::ServiceExt;

use crate::double::request;
use crate::secured::{Secured, ok};

/// What the default provider of a child process is.
const DEFAULT: &str = "ORAS_TEST_DEFAULT_PROVIDER";

/// AWS-LC has a post-quantum key exchange, which ring has not.
fn offered() -> Vec<NamedGroup> {
    let mut groups = vec![NamedGroup::X25519, NamedGroup::secp256r1, NamedGroup::secp384r1];
    if cfg!(feature = "aws-lc-rs") {
        groups.push(NamedGroup::X25519MLKEM768);
    }
    groups
}

/// A request over TLS; tells the key exchanges that were offered for it.
async fn ask() -> Vec<NamedGroup> {
    let server = Secured::start(ok());
    let tls = TlsOptions::default().with_extra_roots(server.root.clone());
    let options = TransportOptions::default().with_tls(tls);
    let get = request("GET", &format!("{}/", server.origin), &[]);
    let answer = base(&options).unwrap().oneshot(get).await.unwrap();
    assert_eq!(answer.status(), 200);
    server.groups()
}

#[tokio::test]
async fn the_features_choose_the_provider() {
    assert_eq!(ask().await, offered());
}

/// The default can be set once in a process, so each is tried in one of its own, which runs this test again.
#[test]
fn the_default_of_the_process_does_not_matter() {
    if let Ok(default) = env::var(DEFAULT) {
        return beside(&default);
    }
    for default in ["unset", "other", "panics"] {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "provider::the_default_of_the_process_does_not_matter"])
            .env(DEFAULT, default)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success(), "{default}: {said}");
        assert!(said.contains("1 passed"), "{default}: {said}");
    }
}

#[tokio::main(flavor = "current_thread")]
async fn beside(default: &str) {
    let provider = match default {
        "other" => Some(CryptoProvider {
            kx_groups: vec![ring::kx_group::SECP384R1],
            ..ring::default_provider()
        }),
        "panics" => Some(CryptoProvider {
            kx_groups: vec![&Panics],
            secure_random: &Panics,
            key_provider: &Panics,
            ..ring::default_provider()
        }),
        _ => None,
    };
    let installed = provider.map(CryptoProvider::install_default);
    assert!(installed.is_none_or(|installed| installed.is_ok()));
    assert_eq!(ask().await, offered());
    assert_eq!(CryptoProvider::get_default().is_some(), default != "unset");
}

/// A provider that nobody is to use.
#[derive(Debug)]
struct Panics;

impl SecureRandom for Panics {
    fn fill(&self, _: &mut [u8]) -> Result<(), GetRandomFailed> {
        panic!("the default provider is used")
    }
}

impl KeyProvider for Panics {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        panic!("the default provider is used")
    }
}

impl SupportedKxGroup for Panics {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, rustls::Error> {
        panic!("the default provider is used")
    }

    fn name(&self) -> NamedGroup {
        panic!("the default provider is used")
    }
}
