//! Mounting blobs from another repository.

use futures_util::FutureExt;

use super::blob_push::ALGORITHMS;
use crate::answer::Answer;
use crate::case::{Case, Checked, Section, skip};
use crate::content::Blob;
use crate::session::Session;
use crate::trial::Trial;

pub(super) fn cases() -> Vec<Case> {
    let mut section = Section::of("Mounting a blob from another repository");
    for algorithm in ALGORITHMS {
        let name = algorithm.name();
        section = section.must(format!("mount/from/{name}"), move |t| {
            async move { from(t, &Blob::random(512).by(algorithm)).await }.boxed()
        });
    }
    section
        .should("mount/from-itself", |t| from_itself(t).boxed())
        .may("mount/anonymous", |t| anonymous(t).boxed())
        .must("mount/unknown-blob", |t| unknown_blob(t).boxed())
        .must("mount/unknown-repository", |t| unknown_repository(t).boxed())
        .should("mount/digest-that-is-none", |t| digest_that_is_none(t).boxed())
        .should("mount/repository-that-is-none", |t| {
            repository_that_is_none(t).boxed()
        })
        .cases()
}

/// Requests a mount, with the right to pull from the other repository.
async fn mount(t: &Trial, query: String) -> Checked<Answer> {
    let post = t.request("POST", t.path(format!("blobs/uploads/?{query}")));
    let scope = format!("repository:{}:pull", t.other);
    post.header("content-length", "0").also_scope(scope).send().await
}

/// Checks that a mount either succeeded or opened an upload that works.
async fn works(t: &Trial, answer: Answer, blob: &Blob) -> Checked {
    if answer.status == 202 {
        let session = Session::of(t, &answer)?;
        session.put(&blob.digest, blob.bytes.clone()).await?.expect(201)?;
        return skip("this is not mounted here: status 202");
    }
    let answer = answer.expect(201)?;
    answer.expect_no_other_digest(&blob.digest)?;
    let got = t.request("GET", answer.location()?).send_following().await?;
    got.expect(200)?.expect_body(&blob.bytes)
}

async fn from(t: &Trial, blob: &Blob) -> Checked {
    let session = Session::open_in(t, &t.other, "").await?;
    let pushed = session.put(&blob.digest, blob.bytes.clone()).await?;
    super::blob_push::taken(pushed, &blob.digest)?;
    let answer = mount(t, format!("mount={}&from={}", blob.digest, t.other)).await?;
    works(t, answer, blob).await
}

async fn from_itself(t: &Trial) -> Checked {
    let blob = Blob::random(512);
    t.push_blob(&blob).await?;
    let answer = mount(t, format!("mount={}&from={}", blob.digest, t.repository)).await?;
    works(t, answer, &blob).await
}

/// Spec: without `from` a registry may search all repositories.
async fn anonymous(t: &Trial) -> Checked {
    let blob = Blob::random(512);
    t.push_blob_to(&t.other, &blob).await?;
    let answer = mount(t, format!("mount={}", blob.digest)).await?;
    works(t, answer, &blob).await
}

async fn opens_an_upload(t: &Trial, answer: Answer) -> Checked {
    let blob = Blob::random(64);
    let session = Session::of(t, &answer.expect(202)?)?;
    session.put(&blob.digest, blob.bytes.clone()).await?.expect(201)?;
    Ok(())
}

async fn unknown_blob(t: &Trial) -> Checked {
    t.push_blob_to(&t.other, &Blob::random(20)).await?;
    let absent = Blob::random(64);
    let answer = mount(t, format!("mount={}&from={}", absent.digest, t.other)).await?;
    opens_an_upload(t, answer).await
}

async fn unknown_repository(t: &Trial) -> Checked {
    let absent = Blob::random(64);
    let answer = mount(t, format!("mount={}&from={}/nobody", absent.digest, t.other)).await?;
    opens_an_upload(t, answer).await
}

async fn digest_that_is_none(t: &Trial) -> Checked {
    let answer = mount(t, format!("mount=sha256:baddigest&from={}", t.other)).await?;
    answer.expect_any(&[202, 400])?;
    Ok(())
}

async fn repository_that_is_none(t: &Trial) -> Checked {
    let blob = Blob::random(64);
    let answer = mount(t, format!("mount={}&from=../Upper", blob.digest)).await?;
    answer.expect_any(&[202, 400])?;
    Ok(())
}
