//! S27: what gets into logs.

use oras_auth::Credential;

use crate::double::{ALICE, Counting, Double, alice, challenge, reply};
use crate::log::Log;

#[tokio::test(start_paused = true)]
async fn no_secret_is_logged_at_any_level() {
    let log = Log::collect();
    let double = Double::new(|seen| match seen.authorization.as_deref() {
        _ if seen.is_at("https://reg.example/token") => reply(200, r#"{"token":"planted-token"}"#),
        Some(ALICE | "Bearer planted-token" | "Bearer planted-access") => reply(200, ""),
        _ if seen.url.contains("basic") => challenge("Basic realm=x"),
        _ => challenge(r#"Bearer realm="/token?key=planted-key",service="s""#),
    });
    for credential in [
        alice(),
        Some(Credential::RefreshToken("planted-refresh".into())),
        Some(Credential::AccessToken("planted-access".into())),
    ] {
        let client = double.with(Counting::new(credential));
        for url in [
            "https://reg.example/v2/?sig=planted-sig",
            "https://reg.example/v2/basic",
        ] {
            // Not every credential suits every challenge; what is logged on the way counts all the same.
            let _ = client.get(url).await;
        }
    }

    let logged = log.text();
    assert!(
        logged.contains("asking for a token"),
        "the log is empty:\n{logged}"
    );
    for planted in ["planted", "hunter2", "YWxpY2U6aHVudGVyMg"] {
        assert!(!logged.contains(planted), "{planted} in:\n{logged}");
    }
}
