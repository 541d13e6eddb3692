//! Caches of the caller.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use oras_auth::{
    AuthOptions, Credential, CredentialKey, MemoryTokenCache, Secret, Token, TokenCache, TokenKey,
};

use crate::double::{ALICE, Client, Counting, Double, alice, challenge, reply};

const URL: &str = "https://reg.example/v2/a/manifests/x";
const OTHER: &str = "https://other.example/v2/a/manifests/x";
const SCOPES: &str = "repository:a:pull";

/// Two registries with one token server, which gives Alice tokens of her own.
fn registries() -> Double {
    Double::new(|seen| match seen.authorization.as_deref() {
        Some(ALICE) if seen.is_at("https://tokens.example/") => reply(200, r#"{"token":"planted-alice"}"#),
        _ if seen.is_at("https://tokens.example/") => reply(200, r#"{"token":"planted-bob"}"#),
        Some(shown) if shown.starts_with("Bearer planted") => reply(200, shown),
        _ => challenge(r#"Bearer realm="https://tokens.example/token?key=planted-key",service="s""#),
    })
}

fn client(double: &Double, cache: &Arc<dyn TokenCache>, credential: Option<Credential>) -> Client {
    let options = AuthOptions::default()
        .with_trusted_realm("tokens.example")
        .with_token_cache(cache.clone());
    double.with_options(Counting::new(credential), options)
}

async fn shown(client: &Client, url: &str) -> String {
    let response = client.get_for(url, SCOPES).await.unwrap();
    let body = response.into_body().read_limited(100).await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// S26: clients that share a cache share tokens where registry and user are the same, and only there.
#[tokio::test(start_paused = true)]
async fn one_cache_serves_several_clients() {
    let double = registries();
    let cache: Arc<dyn TokenCache> = Arc::new(MemoryTokenCache::new());
    let bob = || Some(Credential::basic("bob", "s").unwrap());
    let users = [
        (alice(), "alice"),
        (alice(), "alice"),
        (bob(), "bob"),
        (bob(), "bob"),
    ];
    for (user, name) in users {
        let client = client(&double, &cache, user);
        assert_eq!(shown(&client, URL).await, format!("Bearer planted-{name}"));
    }
    assert_eq!(double.count("https://tokens.example/"), 2);
    let alice = client(&double, &cache, alice());
    assert_eq!(shown(&alice, OTHER).await, "Bearer planted-alice");
    assert_eq!(
        double.count("https://tokens.example/"),
        3,
        "another registry, another token"
    );
}

/// By default each layer has a cache of its own, even where options are shared.
#[tokio::test(start_paused = true)]
async fn options_alone_share_no_tokens() {
    let double = registries();
    let options = AuthOptions::default().with_trusted_realm("tokens.example");
    for tokens in [1, 2] {
        let client = double.with_options(Counting::new(alice()), options.clone());
        shown(&client, URL).await;
        assert_eq!(double.count("https://tokens.example/"), tokens);
    }
}

/// Keeps every token by its key, and hands out any of them, or what it is told to.
#[derive(Debug, Default)]
struct Own {
    kept: Mutex<HashMap<TokenKey, Arc<Token>>>,
    lies: bool,
    refused: Mutex<Vec<Token>>,
}

#[async_trait]
impl TokenCache for Own {
    async fn find(&self, wanted: &TokenKey) -> Option<Arc<Token>> {
        let kept = self.kept.lock().unwrap();
        kept.iter()
            .find(|(key, _)| self.lies || key.covers(wanted))
            .map(|(_, token)| token.clone())
    }

    async fn insert(&self, token: Arc<Token>) {
        self.kept.lock().unwrap().insert(token.key().clone(), token);
    }

    async fn remove(&self, refused: &Token) {
        self.kept.lock().unwrap().retain(|_, token| **token != *refused);
        self.refused.lock().unwrap().push(refused.clone());
    }
}

/// A cache sees who a token is for and what it permits, and is told when it is refused.
#[tokio::test(start_paused = true)]
async fn an_own_cache_is_used() {
    let double = registries();
    let own = Arc::new(Own::default());
    let cache: Arc<dyn TokenCache> = own.clone();
    let client = client(&double, &cache, alice());
    for _ in 0..3 {
        shown(&client, URL).await;
    }
    assert_eq!(double.count("https://tokens.example/"), 1);
    let token = own.kept.lock().unwrap().values().next().unwrap().clone();
    let key = token.key();
    assert_eq!(key.origin().to_string(), "https://reg.example");
    assert_eq!(key.realm(), "https://tokens.example/token?…");
    assert_eq!(key.service(), Some("s"));
    assert_eq!(key.credential_key(), Some(&CredentialKey::from("reg.example")));
    assert_eq!(key.scopes().to_string(), SCOPES);
    assert_eq!(token.secret().expose(), "planted-alice");

    let stale = Token::new(key.clone(), &"stale".into(), Duration::from_secs(60)).unwrap();
    own.insert(Arc::new(stale.clone())).await;
    assert_eq!(shown(&client, URL).await, "Bearer planted-alice");
    assert_eq!(*own.refused.lock().unwrap(), [stale]);
}

/// A cache that hands out what it has, whatever was asked for.
fn lying() -> Arc<dyn TokenCache> {
    Arc::new(Own {
        lies: true,
        ..Own::default()
    })
}

/// S26: a cache that is wrong about whom a token is for does not make it go anywhere.
#[tokio::test(start_paused = true)]
async fn a_token_for_somebody_else_is_not_taken_from_a_cache() {
    let (double, cache) = (registries(), lying());
    shown(&client(&double, &cache, alice()), URL).await;
    let bob = client(&double, &cache, Some(Credential::basic("bob", "s").unwrap()));
    assert_eq!(shown(&bob, URL).await, "Bearer planted-bob");
    assert_eq!(double.count("https://tokens.example/"), 2);
}

/// S26: nor is one for another registry, even one that anybody gets.
#[tokio::test(start_paused = true)]
async fn a_token_for_another_registry_is_not_taken_from_a_cache() {
    let (double, cache) = (registries(), lying());
    for (url, tokens) in [(URL, 1), (OTHER, 2)] {
        shown(&client(&double, &cache, None), url).await;
        assert_eq!(double.count("https://tokens.example/"), tokens);
    }
}

/// S26: nor is one that has expired.
#[tokio::test(start_paused = true)]
async fn an_expired_token_is_not_taken_from_a_cache() {
    let double = registries();
    let cache: Arc<dyn TokenCache> = Arc::new(Own::default());
    let client = client(&double, &cache, alice());
    shown(&client, URL).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    shown(&client, URL).await;
    assert_eq!(double.count(URL), 3, "it is not even tried");
    assert_eq!(double.count("https://tokens.example/"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_sent_is_none() {
    let own = Arc::new(Own::default());
    let cache: Arc<dyn TokenCache> = own.clone();
    shown(&client(&registries(), &cache, alice()), URL).await;
    let key = own.kept.lock().unwrap().keys().next().unwrap().clone();
    for odd in ["", "a b", "a\r\nX: y"] {
        Token::new(key.clone(), &Secret::from(odd), Duration::MAX).unwrap_err();
    }
    let endless = Token::new(key, &"t".into(), Duration::MAX).unwrap();
    assert_eq!(endless.remaining(), Duration::from_secs(24 * 60 * 60));
}

/// S27: neither tokens nor keys show what is secret in them.
#[tokio::test(start_paused = true)]
async fn tokens_do_not_show() {
    let own = Arc::new(Own::default());
    let cache: Arc<dyn TokenCache> = own.clone();
    let memory: Arc<dyn TokenCache> = Arc::new(MemoryTokenCache::new());
    for cache in [&cache, &memory] {
        shown(&client(&registries(), cache, alice()), URL).await;
    }
    let options = AuthOptions::default().with_token_cache(cache);
    let text = format!("{own:?} {memory:?} {options:?}");
    assert!(
        text.contains("tokens.example") && text.contains("tokens: 1"),
        "{text}"
    );
    for planted in ["planted", "hunter2", "YWxpY2U6aHVudGVyMg"] {
        assert!(!text.contains(planted), "{text}");
    }
}
