//! The policy, as the verifier of copies.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oras::config::SignedRequirement;
use oras::copy::Subject;
use oras::environment::PolicyError;
use oras::{
    CopyError, CopyOptions, Digest, Environment, Error, ErrorKind, ManifestVersion, MemoryStore, Operation,
    PackOptions, Reference, Result, SignatureVerifier, StoreExt, WriterExt, copy, pack_manifest,
};

use super::{environment, told};

const POLICY: &str = r#"{
    "default": [{"type": "reject"}],
    "transports": {"docker": {
        "r.test/open": [{"type": "insecureAcceptAnything"}],
        "r.test/open:closed": [{"type": "reject"}],
        "r.test/signed": [
            {"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/a"},
            {"type": "sigstoreSigned", "keyPath": "/b"}
        ],
        "bad.test": [{"type": "insecureAcceptAnything"}]
    }}
}"#;

const BLOCKED: &str = "[[registry]]\nlocation = 'bad.test'\nblocked = true\n";

const FILES: &[(&str, &str)] = &[
    ("containers/policy.json", POLICY),
    ("containers/registries.conf", BLOCKED),
];

/// A store with an artifact `v1`, also called `closed`.
async fn source() -> (MemoryStore, Digest) {
    let store = MemoryStore::new();
    let packed = pack_manifest(&store, ManifestVersion::V1_1, "text/x", PackOptions::default());
    let packed = packed.await.unwrap();
    store.tag(&packed, "v1").await.unwrap();
    store.tag(&packed, "closed").await.unwrap();
    (store, packed.digest)
}

/// Copies `name` as what was named `reference`.
async fn copied(environment: &Environment, reference: &str, name: &str) -> Result<(), CopyError> {
    let reference: Reference = reference.parse().unwrap();
    let options = CopyOptions::default().with_verifier(environment.verifier(&reference));
    let to = MemoryStore::new();
    let done = copy(&source().await.0, name, &to, "to", &options).await;
    assert_eq!(to.resolve("to").await.is_ok(), done.is_ok());
    done.map(drop)
}

async fn refusal(environment: &Environment, reference: &str, name: &str) -> String {
    let error = copied(environment, reference, name).await.unwrap_err();
    assert_eq!(error.operation, Operation::Approve);
    assert_eq!(error.source.kind(), &ErrorKind::Refused);
    told(&error.source)
}

#[tokio::test]
async fn what_is_accepted_is_copied_and_what_is_rejected_is_not() {
    let (environment, _etc) = environment(FILES);
    copied(&environment, "r.test/open:v1", "v1").await.unwrap();
    let rejected = refusal(&environment, "r.test/other:v1", "v1").await;
    assert!(rejected.contains("the default of "), "{rejected}");
    assert!(rejected.contains("policy.json rejects it"), "{rejected}");
    let blocked = refusal(&environment, "bad.test/x:v1", "v1").await;
    assert!(blocked.contains("registries.conf:1"), "{blocked}");
}

#[tokio::test]
async fn the_name_of_the_copy_decides_where_it_is_another_tag() {
    let (environment, _etc) = environment(FILES);
    let closed = "the scope \"r.test/open:closed\"";
    assert!(
        refusal(&environment, "r.test/open", "closed")
            .await
            .contains(closed)
    );
    assert!(
        refusal(&environment, "r.test/open:v1", "closed")
            .await
            .contains(closed)
    );
    let digest = source().await.1;
    copied(&environment, "r.test/open", digest.as_str())
        .await
        .unwrap();
    // What the tag resolved to is still what was named by the tag.
    let by_digest = refusal(&environment, "r.test/open:closed", digest.as_str()).await;
    assert!(by_digest.contains(closed), "{by_digest}");
}

#[tokio::test]
async fn a_signature_needs_a_verifier() {
    let (environment, etc) = environment(FILES);
    let reference: Reference = "r.test/signed:v1".parse().unwrap();
    let error = copied(&environment, &reference.to_string(), "v1")
        .await
        .unwrap_err();
    let cause = error.source.cause::<PolicyError>().unwrap();
    assert!(matches!(cause, PolicyError::Unverified { file, .. } if file.starts_with(etc.path())));
    let text = told(&error.source);
    assert!(text.contains("asks for a signedBy signature"), "{text}");
    assert!(text.contains("plug in a verifier"), "{text}");
}

/// Accepts as many requirements as it is told to, and writes down which it was asked for.
struct Signatures {
    accepted: usize,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl SignatureVerifier for Signatures {
    async fn verify(
        &self,
        requirement: &SignedRequirement,
        reference: &Reference,
        subject: &Subject<'_>,
    ) -> Result<()> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(format!("{} {reference} {}", requirement.kind, subject.name));
        match asked.len() <= self.accepted {
            true => Ok(()),
            false => Err(Error::refused(subject.root, "nobody signed it")),
        }
    }
}

#[tokio::test]
async fn every_signature_that_is_asked_for_is_verified() {
    for (accepted, is_copied) in [(0, false), (1, false), (2, true)] {
        let (environment, _etc) = environment(FILES);
        let signatures = Arc::new(Signatures {
            accepted,
            asked: Mutex::default(),
        });
        let environment =
            environment.with_signature_verifier(Arc::clone(&signatures) as Arc<dyn SignatureVerifier>);
        let done = copied(&environment, "r.test/signed:v1", "v1").await;
        assert_eq!(done.is_ok(), is_copied);
        let all = [
            "signedBy r.test/signed:v1 v1",
            "sigstoreSigned r.test/signed:v1 v1",
        ];
        assert_eq!(signatures.asked.lock().unwrap()[..], all[..2.min(accepted + 1)]);
        refusal(&environment, "r.test/other:v1", "v1").await;
    }
}

#[tokio::test]
async fn without_a_policy_all_is_copied() {
    let (environment, _etc) = environment(&[]);
    copied(&environment, "r.test/other:v1", "v1").await.unwrap();
}
