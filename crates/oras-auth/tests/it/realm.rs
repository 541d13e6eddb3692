//! Which token servers get to see what.

use std::sync::Arc;

use http::StatusCode;
use oras_auth::{AuthOptions, AuthUsed, Credential, Error, NoCredentials, RealmReason};
use oras_transport::Response;

use crate::double::{ALICE, Counting, Double, alice, challenge, reply};

const URL: &str = "https://reg.example/v2/a/manifests/x";

/// A registry that names `realm` and takes what `accepts` says; its token server gives `t`, to Alice `alice`.
fn registry(realm: &'static str, accepts: &'static str) -> Double {
    Double::new(move |seen| match seen.authorization.as_deref() {
        _ if !seen.is_at("https://reg.example/v2/") && !seen.is_at("https://registry-1.docker.io/v2/") => {
            token(seen.authorization.as_deref())
        }
        Some(given) if given == accepts => reply(200, ""),
        _ => challenge(&format!(
            r#"Bearer realm="{realm}",service="s",scope="repository:a:pull""#
        )),
    })
}

fn token(authorization: Option<&str>) -> Response {
    let token = if authorization == Some(ALICE) {
        "alice"
    } else {
        "t"
    };
    reply(200, &format!(r#"{{"token":"{token}"}}"#))
}

fn reason(error: &Error) -> RealmReason {
    match error {
        Error::RealmRefused { reason, .. } => *reason,
        other => panic!("{other}"),
    }
}

/// S04, S06: neither the realm nor the provider is asked.
#[tokio::test(start_paused = true)]
async fn an_unusable_realm_is_refused_before_anything_is_sent() {
    for (realm, expected) in [
        ("http://reg.example/token", RealmReason::Downgrade),
        ("http://169.254.169.254/token", RealmReason::Downgrade),
        ("file:///etc/passwd", RealmReason::Unusable),
        ("ftp://reg.example/token", RealmReason::Unusable),
        ("https://u:hunter2@reg.example/", RealmReason::Unusable),
        ("https://reg.example/token#x", RealmReason::Unusable),
        ("https:reg.example", RealmReason::Unusable),
        ("https://169.254.169.254/latest", RealmReason::PrivateAddress),
        ("https://[::ffff:10.0.0.1]/", RealmReason::PrivateAddress),
        ("https://0x7f000001/", RealmReason::PrivateAddress),
        ("https://localhost./", RealmReason::PrivateAddress),
    ] {
        let double = registry(realm, "Bearer t");
        let provider = Counting::new(alice());
        let error = double.with(provider.clone()).get(URL).await.unwrap_err();
        assert_eq!(reason(&error), expected, "{realm}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert_eq!((double.seen().len(), provider.asked()), (1, 0), "{realm}");
    }
}

/// S04: a relative realm is meant relative to the registry.
#[tokio::test(start_paused = true)]
async fn a_relative_realm_is_the_registrys_own() {
    let double = Double::new(|seen| match seen.authorization.as_deref() {
        credential if seen.is_at("https://reg.example/auth/token?fixed=1&") => token(credential),
        Some("Bearer alice") => reply(200, ""),
        _ => challenge(r#"Bearer realm="/auth/token?fixed=1",service="s""#),
    });
    let response = double.with(Counting::new(alice())).get(URL).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

/// S05: a foreign token server is asked for an anonymous token at most.
#[tokio::test(start_paused = true)]
async fn a_foreign_realm_never_sees_the_password() {
    let double = registry("https://evil.example/token", "Bearer t");
    let response = double.with(Counting::new(alice())).get(URL).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.extensions().get(), Some(&AuthUsed::AnonymousToken));
    let asked = double.last("https://evil.example/");
    assert_eq!(asked.authorization, None);
    assert!(asked.values("account").is_empty());
}

/// S05: where an anonymous token is not enough, the error says why the credential was kept back.
#[tokio::test(start_paused = true)]
async fn a_foreign_realm_is_named_when_anonymous_is_not_enough() {
    let double = registry("https://evil.example/token", "Bearer alice");
    let error = double.with(Counting::new(alice())).get(URL).await.unwrap_err();
    assert_eq!(reason(&error), RealmReason::Untrusted);
    assert_eq!(
        error.to_string(),
        "reg.example refers to https://evil.example/token for a token: it is another host and not trusted with the \
         credential, as AuthOptions::with_trusted_realm would"
    );
    assert!(
        double
            .seen()
            .iter()
            .all(|seen| seen.authorization.as_deref() != Some(ALICE))
    );

    let refusing = Double::new(|seen| match seen.is_at("https://evil.example/") {
        true => reply(401, ""),
        false => challenge(r#"Bearer realm="https://evil.example/token""#),
    });
    let error = refusing.with(Counting::new(alice())).get(URL).await.unwrap_err();
    assert_eq!(reason(&error), RealmReason::Untrusted);
    let error = refusing.with(Arc::new(NoCredentials)).get(URL).await.unwrap_err();
    assert!(
        matches!(error, Error::NoCredential { .. }),
        "nothing was kept back: {error}"
    );
}

/// S05: the caller can trust a realm, exactly as named.
#[tokio::test(start_paused = true)]
async fn a_realm_can_be_trusted_by_name() {
    for (trusted, works) in [
        ("auth.example", true),
        ("AUTH.example", true),
        ("evil.example", false),
        ("example", false),
        ("auth.example:444", false),
    ] {
        let double = registry("https://auth.example/token", "Bearer alice");
        let options = AuthOptions::default().with_trusted_realm(trusted);
        let result = double
            .with_options(Counting::new(alice()), options)
            .get(URL)
            .await;
        assert_eq!(result.is_ok(), works, "{trusted}");
    }
}

/// S05: the known pairs work without being told.
#[tokio::test(start_paused = true)]
async fn docker_hub_and_its_token_server_belong_together() {
    let double = registry("https://auth.docker.io/token", "Bearer alice");
    let url = "https://registry-1.docker.io/v2/a/manifests/x";
    let response = double.with(Counting::new(alice())).get(url).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&AuthUsed::Token));
}

/// S53: a token server that is trusted but spoken to in plain HTTP gets neither password nor refresh token, unless the
/// caller allows plain HTTP for the registry.
#[tokio::test(start_paused = true)]
async fn a_token_server_in_plain_http_sees_no_credential_by_default() {
    let url = "http://localhost:5000/v2/a/manifests/x";
    for credential in [alice(), Some(Credential::RefreshToken("hunter2".into()))] {
        let double = Double::new(|seen| match seen.authorization.as_deref() {
            _ if seen.is_at("http://tokens.example/") => reply(200, r#"{"token":"t"}"#),
            Some("Bearer t") => reply(200, ""),
            _ => challenge(r#"Bearer realm="http://tokens.example/token""#),
        });
        let trusting = AuthOptions::default().with_trusted_realm("tokens.example");
        let client = double.with_options(Counting::new(credential.clone()), trusting.clone());
        for round in [1, 2] {
            let error = client.get_for(url, "repository:a:pull").await.unwrap_err();
            assert!(
                matches!(&error, Error::PlainHttp { registry, server }
                    if registry == "localhost:5000" && server == "tokens.example"),
                "{error}"
            );
            assert_eq!(double.count("http://tokens.example/"), 0, "{round}");
        }
        let allowing = trusting.with_plain_http("localhost:5000");
        let client = double.with_options(Counting::new(credential), allowing);
        let response = client.get_for(url, "repository:a:pull").await.unwrap();
        assert_eq!(response.extensions().get(), Some(&AuthUsed::Token));
    }
}
