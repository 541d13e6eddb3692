//! Checks of large content whose source is interrupted, and which the next push resumes.

use oras_content::{ErrorKind, Pushed, Store, StoreExt, Verified, WriterExt};

use crate::content::has;
use crate::failure::{Outcome, same};
use crate::interrupted::Interrupted;
use crate::sample::long_blob;

const MIB: usize = 1024 * 1024;

pub(crate) async fn a_push_goes_on_where_the_last_one_broke_off(store: &dyn Store) -> Outcome {
    let content = long_blob(12 * MIB);
    let source = Interrupted::new(content.bytes().clone());
    let writer = store.as_writer()?;
    for end in [5 * MIB, 9 * MIB, 12 * MIB] {
        let pushed = writer.push(content.descriptor(), source.broken(end)).await;
        same("success of a broken push", pushed.is_ok(), false)?;
    }
    arrives(store, &content, &source).await?;
    same(
        "where it was read",
        source.asked(),
        [0, 5, 9, 12].map(|at| at * MIB as u64),
    )
}

pub(crate) async fn a_failure_that_does_not_pass_begins_anew(store: &dyn Store) -> Outcome {
    let content = long_blob(8 * MIB + 1);
    let source = Interrupted::new(content.bytes().clone());
    for failure in [Some(ErrorKind::Denied), None] {
        let payload = source.up_to(6 * MIB, failure);
        let pushed = store.as_writer()?.push(content.descriptor(), payload).await;
        same("success of a failed push", pushed.is_ok(), false)?;
    }
    arrives(store, &content, &source).await?;
    same("where it was read", source.asked(), [0, 0, 0])
}

async fn arrives(store: &dyn Store, content: &Verified, source: &Interrupted) -> Outcome {
    let pushed = store
        .as_writer()?
        .push(content.descriptor(), source.whole())
        .await?;
    same("what became of it", pushed, Pushed::Stored)?;
    has(store, content.descriptor(), content.bytes()).await
}
