//! The root of the protocol.

use futures_util::FutureExt;

use crate::case::{Case, Checked, Section, skip};
use crate::trial::Trial;

pub(super) fn cases() -> Vec<Case> {
    Section::of("Determining Support")
        .must("base/ping", |t| ping(t).boxed())
        .should("base/unknown-path", |t| unknown_path(t).boxed())
        .should("base/unknown-method", |t| unknown_method(t).boxed())
        .should("base/warning-form", |t| warning_form(t).boxed())
        .cases()
}

async fn ping(t: &Trial) -> Checked {
    t.get("/v2/").await?.expect(200)?;
    Ok(())
}

async fn unknown_path(t: &Trial) -> Checked {
    t.get(t.path("no-such-thing")).await?.expect(404)?;
    Ok(())
}

async fn unknown_method(t: &Trial) -> Checked {
    let answer = t.request("POST", t.path("tags/list")).send().await?;
    answer.expect_any(&[404, 405])?;
    Ok(())
}

/// Spec: "Warnings": code 299, no agent, a quoted text. All warnings so far are checked.
async fn warning_form(t: &Trial) -> Checked {
    let answer = t.get("/v2/").await?;
    let warnings = t.client.warnings();
    if warnings.is_empty() {
        return skip("nothing was warned of");
    }
    for warning in warnings {
        let text = warning
            .strip_prefix("299 - \"")
            .and_then(|text| text.strip_suffix('"'));
        answer.check(text.is_some(), format!("299 - \"…\" instead of {warning}"))?;
    }
    Ok(())
}
