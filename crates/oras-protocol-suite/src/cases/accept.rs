//! Accept: manifests for clients with and without an `Accept` header.

use futures_util::FutureExt;

use crate::case::{Case, Checked, Section};
use crate::content::{ACCEPT, Document, OCI_INDEX, OCI_MANIFEST};
use crate::trial::Trial;

/// Values that a client may send, all of which include the stored type.
const FITTING: [(&str, Option<&str>); 6] = [
    ("none", None),
    ("any", Some("*/*")),
    ("any-application", Some("application/*")),
    ("all", Some(ACCEPT)),
    ("weighted", Some("text/html, application/xml;q=0.9, */*;q=0.1")),
    (
        "spaces-and-case",
        Some("Application/VND.oci.image.index.v1+JSON ,  application/vnd.oci.image.manifest.v1+json"),
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut section = Section::of("Pulling manifests");
    for (what, accept) in FITTING {
        section = section
            .must(format!("accept/{what}/image"), move |t| image(t, accept).boxed())
            .must(format!("accept/{what}/index"), move |t| index(t, accept).boxed());
    }
    section
        .must("accept/several-lines", |t| several_lines(t).boxed())
        .should("accept/other-type", |t| other_type(t).boxed())
        .cases()
}

async fn comes(t: &Trial, accept: Option<&str>, wanted: &Document) -> Checked {
    for method in ["HEAD", "GET"] {
        let request = t.request(method, t.manifest("v1"));
        let request = match accept {
            Some(accept) => request.header("accept", accept),
            None => request,
        };
        let answer = request.send().await?.expect(200)?;
        answer.expect_type(wanted.media_type)?;
        answer.expect_body(if method == "GET" { &wanted.bytes } else { b"" })?;
    }
    Ok(())
}

async fn image(t: &Trial, accept: Option<&str>) -> Checked {
    let image = t.push_image("v1").await?;
    comes(t, accept, &image).await
}

async fn push_index(t: &Trial) -> Checked<Document> {
    let image = t.push_image("child").await?;
    let index = Document::index(&[&image]);
    t.put_manifest("v1", &index).await?.expect(201)?;
    Ok(index)
}

async fn index(t: &Trial, accept: Option<&str>) -> Checked {
    let index = push_index(t).await?;
    comes(t, accept, &index).await
}

async fn several_lines(t: &Trial) -> Checked {
    let index = push_index(t).await?;
    let request = t.request("GET", t.manifest("v1")).header("accept", OCI_MANIFEST);
    let answer = request.header("accept", OCI_INDEX).send().await?.expect(200)?;
    answer.expect_body(&index.bytes)
}

/// The stored manifest is sent anyway, or a status says that nothing is acceptable; it is never converted.
async fn other_type(t: &Trial) -> Checked {
    let index = push_index(t).await?;
    let answer = t
        .request("GET", t.manifest("v1"))
        .header("accept", OCI_MANIFEST)
        .send()
        .await?;
    let answer = answer.expect_any(&[200, 404, 406])?;
    match answer.status {
        200 => {
            answer.expect_type(OCI_INDEX)?;
            answer.expect_body(&index.bytes)
        }
        _ => Ok(()),
    }
}
