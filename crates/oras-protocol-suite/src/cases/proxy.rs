//! Proxies: the handling of `ns`, the name of another registry.

use futures_util::FutureExt;

use crate::case::{Case, Checked, Section, skip};
use crate::trial::Trial;

pub(super) fn cases() -> Vec<Case> {
    Section::of("Registry Proxying")
        .may("proxy/own-content", |t| own_content(t).boxed())
        .must("proxy/push", |t| push(t).boxed())
        .should("proxy/nonsense", |t| nonsense(t).boxed())
        .cases()
}

/// A registry that is not a proxy serves its own content, whatever `ns` says.
async fn own_content(t: &Trial) -> Checked {
    let image = t.push_image("v1").await?;
    let answer = t.get(format!("{}?ns=registry.example", t.manifest("v1"))).await?;
    if answer.status == 404 {
        return skip("nothing is known of that registry: status 404");
    }
    answer.expect(200)?.expect_body(&image.bytes)
}

/// Pushes go to the registry itself.
async fn push(t: &Trial) -> Checked {
    let image = t.image().await?;
    let answer = t.put_manifest("v1?ns=registry.example", &image).await?;
    answer.expect_any(&[201, 400, 403, 404, 405])?;
    Ok(())
}

async fn nonsense(t: &Trial) -> Checked {
    t.push_image("v1").await?;
    for ns in ["", "..%2F..", "http%3A%2F%2Fx", "a%00b"] {
        t.get(format!("{}?ns={ns}", t.manifest("v1")))
            .await?
            .expect_any(&[200, 400, 404])?;
    }
    Ok(())
}
