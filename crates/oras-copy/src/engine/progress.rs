//! Progress: a source that tells the hooks how much of it was read.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use oras_content::{Content, Descriptor, Reopen, Result, Source};

use crate::CopyHooks;

/// `source`, reported to `hooks` as it is read.
pub(super) fn watched(source: Source, node: &Descriptor, hooks: &Arc<dyn CopyHooks>) -> Source {
    let len = source.len();
    let watched = Watched {
        source,
        node: node.clone(),
        hooks: Arc::clone(hooks),
    };
    Source::reopen(Arc::new(watched), len)
}

struct Watched {
    source: Source,
    node: Descriptor,
    hooks: Arc<dyn CopyHooks>,
}

#[async_trait]
impl Reopen for Watched {
    async fn open(&self, offset: u64) -> Result<Content> {
        let content = self.source.open(offset).await?;
        let (node, hooks) = (self.node.clone(), Arc::clone(&self.hooks));
        hooks.progress(&node, offset);
        let len = content.len();
        let mut done = offset;
        let frames = content.inspect(move |frame| {
            if let Ok(frame) = frame {
                done += frame.len() as u64;
                hooks.progress(&node, done);
            }
        });
        Ok(Content::new(frames, len))
    }
}
