//! S27: what shows in `Debug`, and in errors.

use oras_auth::{
    AuthLayer, AuthOptions, Credential, CredentialStore, FoundCredential, MemoryCredentials, Secret,
    StaticCredentials,
};

use crate::double::{ALICE, Counting, Double, alice, challenge, reply};

const PLANTED: [&str; 2] = ["hunter2", "YWxpY2U6aHVudGVyMg"];

fn assert_clean(text: &str) {
    for planted in PLANTED {
        assert!(!text.contains(planted), "{text}");
    }
}

#[tokio::test]
async fn debug_output_of_everything_that_holds_a_secret_is_clean() {
    let alice = alice().unwrap();
    let memory = MemoryCredentials::new();
    memory.put(&"reg.example".into(), &alice).await.unwrap();
    let fixed = StaticCredentials::new("reg.example", alice.clone());
    let layer = AuthLayer::new(std::sync::Arc::new(fixed.clone()), AuthOptions::default());
    let secret = Secret::new("hunter2");
    let tokens = [
        Credential::AccessToken("hunter2".into()),
        Credential::RefreshToken("hunter2".into()),
    ];
    let found = FoundCredential::new(alice.clone(), "reg.example".into());
    assert_clean(&format!(
        "{alice:?} {memory:?} {fixed:?} {layer:?} {secret:?} {tokens:?} {found:?}"
    ));
    assert_eq!(secret.expose(), "hunter2");
}

/// A form escapes what it carries, and what comes back may be decoded or not.
#[tokio::test(start_paused = true)]
async fn errors_repeat_no_token_in_the_form_that_was_sent() {
    let double = Double::new(|seen| match seen.is_at("https://reg.example/token") {
        true => reply(403, &format!(r#"{{"details":"wrong: {}"}}"#, seen.body)),
        false => challenge(r#"Bearer realm="/token""#),
    });
    let token = Credential::RefreshToken("planted/to+ken=".into());
    let error = double
        .with(Counting::new(Some(token)))
        .get("https://reg.example/v2/")
        .await
        .unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(told.contains("403") && !told.contains("planted"), "{told}");
    assert!(double.last("https://reg.example/token").body.contains("planted"));
}

/// A token server that repeats what it was told does not get it into the error.
#[tokio::test(start_paused = true)]
async fn errors_do_not_repeat_what_was_sent() {
    let double = Double::new(|seen| match seen.is_at("https://reg.example/token") {
        true => reply(
            403,
            &format!(r#"{{"details":"wrong: hunter2 {ALICE} {}"}}"#, seen.body),
        ),
        false => challenge(r#"Bearer realm="/token""#),
    });
    for credential in [alice(), Some(Credential::RefreshToken("hunter2".into()))] {
        let error = double
            .with(Counting::new(credential))
            .get("https://reg.example/v2/")
            .await
            .unwrap_err();
        assert_clean(&format!("{error} {error:?}"));
    }
}
