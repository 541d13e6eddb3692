//! S27: what gets into logs.

use std::io;
use std::sync::{Arc, Mutex};

use oras_auth::Credential;
use tracing_subscriber::fmt::MakeWriter;

use crate::double::{ALICE, Counting, Double, alice, challenge, reply};

/// Keeps all that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_logged_at_any_level() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

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

    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        logged.contains("asking for a token"),
        "the log is empty:\n{logged}"
    );
    for planted in ["planted", "hunter2", "YWxpY2U6aHVudGVyMg"] {
        assert!(!logged.contains(planted), "{planted} in:\n{logged}");
    }
}
