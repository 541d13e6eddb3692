//! Scripts: the same faults, from JSON.

use oras_server::ServerOptions;
use oras_server_faults::{FaultOptions, Script};

use crate::setup::{Kind, misbehaving};

fn error(text: &str) -> String {
    text.parse::<Script>().unwrap_err().to_string()
}

#[tokio::test]
async fn a_script_does_what_it_says() {
    let script = r#"{ "faults": [
        { "do": { "status": 503 }, "route": "tags", "nth": 2, "times": 2, "headers": { "retry-after": "7" } },
        { "do": "html", "method": "GET", "repository": "b/c", "times": "always" },
        { "do": { "rate-limited": "soon" }, "route": "base" },
        { "headers": { "docker-distribution-api-version": null, "warning": "299 - \"w\"" }, "route": "base" }
    ] }"#;
    let faults = FaultOptions::default().with_script(script.parse().unwrap());
    let registry = misbehaving(Kind::Memory, ServerOptions::default(), faults).await;
    for status in [404, 503, 503, 404] {
        let got = registry.get("/v2/a/tags/list").await.expect(status);
        assert_eq!(got.header("retry-after"), (status == 503).then_some("7"));
    }
    for _ in 0..3 {
        registry.get("/v2/b/c/manifests/v1").await.expect(200);
    }
    assert_eq!(
        registry.get("/v2/").await.expect(429).header("retry-after"),
        Some("soon")
    );
    let got = registry.get("/v2/").await.expect(200);
    assert_eq!(
        (
            got.header("docker-distribution-api-version"),
            got.header("warning")
        ),
        (None, Some("299 - \"w\""))
    );
    registry.get("/v2/").await.expect(200);
}

#[tokio::test]
async fn every_effect_has_its_word() {
    for word in [
        r#""nothing""#,
        r#"{"status":500}"#,
        r#"{"rate-limited":"1"}"#,
        r#""unauthorized""#,
        r#""html""#,
        r#"{"oversized":5}"#,
        r#"{"redirect":{"status":307,"to":"same-origin"}}"#,
        r#"{"redirect":{"status":307,"to":"second-origin","hops":2,"uses":1,"lifetime-ms":5}}"#,
        r#"{"redirect":{"status":307,"to":"itself"}}"#,
        r#"{"redirect":{"status":307,"to":"nowhere"}}"#,
        r#"{"redirect":{"status":307,"to":{"url":"https://example.com"}}}"#,
        r#"{"latency":5}"#,
        r#""hang""#,
        r#"{"close-request":5}"#,
        r#"{"reset-request":5}"#,
        r#"{"keep":5}"#,
        r#""expire-tokens""#,
        r#""lose-session""#,
        r#""refuse-stream""#,
        r#""go-away""#,
        r#""wrong-digest""#,
        r#""lose-answer""#,
        r#"{"truncate":5}"#,
        r#"{"truncate-chunked":5}"#,
        r#"{"truncate-unframed":5}"#,
        r#"{"reset":5}"#,
        r#"{"flip":5}"#,
        r#"{"stall":{"at":5}}"#,
        r#"{"stall":{"at":5,"ms":10}}"#,
        r#"{"drip":{"bytes":1,"ms":1000}}"#,
        r#""gzip""#,
        r#""endless-pages""#,
        r#""page-loop""#,
        r#""foreign-link""#,
        r#"{"content-length":["-1","5"]}"#,
        r#"{"content-length-and-chunked":["5"]}"#,
        r#"{"close-answer":5}"#,
        r#"{"reset-answer":5}"#,
        r#"{"drip-answer":{"bytes":1,"ms":1000}}"#,
    ] {
        let script = format!(r#"{{"faults":[{{"do":{word}}}]}}"#);
        assert!(script.parse::<Script>().is_ok(), "{word}: {}", error(&script));
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    let fault = |fault: &str| error(&format!(r#"{{"faults":[{fault}]}}"#));
    for (text, part) in [
        (r#"{"do":"explode"}"#, "unknown variant `explode`"),
        (r#"{"do":{"status":5}}"#, "5 is not a status"),
        (r#"{"do":{"truncate":-1}}"#, "-1"),
        (r#"{"do":"html","rout":"blob"}"#, "unknown field `rout`"),
        (r#"{"do":"html","route":"blobs"}"#, "unknown variant `blobs`"),
        (
            r#"{"do":"html","times":"often"}"#,
            "a number of times, or \"always\"",
        ),
        (r#"{"do":"html","method":"get"}"#, "\"get\" is not a method"),
        (r#"{"headers":{"content-length":"5"}}"#, "not as a header"),
        (r#"{"headers":{"a b":"5"}}"#, "cannot be the name of a header"),
        (r#"{"headers":{"a":"x\ny"}}"#, "a cannot have this value"),
        (
            r#"{"do":{"redirect":{"status":307,"to":"mars"}}}"#,
            "unknown variant `mars`",
        ),
    ] {
        let reason = fault(text);
        assert!(
            reason.contains(part) && reason.contains("line 1 column"),
            "{text}: {reason}"
        );
        assert_eq!(reason.lines().count(), 1, "{reason}");
    }
    assert!(error("{").contains("line 1 column 1"));
    assert!(error(r#"{"fault":[]}"#).contains("unknown field `fault`"));
}
