//! Transfers of a node's bytes and tags to the destination.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use oras_content::{Descriptor, Payload, PushOptions, Pushed, Verified};

use super::job::Job;
use super::node::{Task, embedded};
use crate::lend::lend;
use crate::{CopyError, Event, Operation, Outcome};

/// The offset reached in a payload that has not been opened.
const UNREAD: u64 = u64::MAX;

impl Job<'_> {
    /// Pushes a node with the bytes in memory, those embedded in its descriptor, or those of the source.
    pub(super) async fn push(
        &self,
        node: &Arc<Descriptor>,
        content: Option<Verified>,
        options: PushOptions,
    ) -> Result<Outcome, CopyError> {
        if self.is_plan {
            return Ok(Outcome::Copied);
        }
        let pushed = match content.or_else(|| embedded(node)) {
            Some(content) => self.push_whole(node, content, options).await,
            None => {
                lend(self.source, node, |payload| {
                    self.push_watched(node, payload, options)
                })
                .await
            }
        };
        match pushed {
            Ok(Pushed::Present) => Ok(Outcome::Present),
            Ok(Pushed::Mounted) => Ok(Outcome::Mounted),
            Ok(_) => Ok(Outcome::Copied),
            Err(error) => Err(CopyError::of_push(Operation::Push, error).about(node)),
        }
    }

    async fn push_whole(
        &self,
        node: &Arc<Descriptor>,
        content: Verified,
        options: PushOptions,
    ) -> oras_content::Result<Pushed> {
        let pushed = self
            .destination()
            .push_opts(node, content.into(), options)
            .await?;
        // Only the result shows whether the bytes were needed.
        if pushed == Pushed::Stored {
            let done = node.size;
            self.tell(Event::Started { node });
            self.tell(Event::Bytes { node, done });
        }
        Ok(pushed)
    }

    async fn push_watched(
        &self,
        node: &Arc<Descriptor>,
        payload: Payload,
        options: PushOptions,
    ) -> oras_content::Result<Pushed> {
        let (events, watched) = (Arc::clone(&self.options.events), Arc::clone(node));
        let reached = AtomicU64::new(UNREAD);
        let payload = payload.observed(move |done| {
            let node = &*watched;
            match reached.swap(done, Ordering::Relaxed) {
                UNREAD => events.on_event(Event::Started { node }),
                before if done < before => events.on_event(Event::Retried { node, from: done }),
                _ => {}
            }
            events.on_event(Event::Bytes { node, done });
        });
        self.destination().push_opts(node, payload, options).await
    }

    /// Sets the tags of a root that is already present.
    pub(super) async fn set_tags(&self, task: &Task) -> Result<(), CopyError> {
        if task.tags.is_empty() || self.is_plan {
            return Ok(());
        }
        let node = &task.descriptor;
        if let Some(content) = task.content.clone().filter(|_| node.is_manifest()) {
            let options = PushOptions::default().with_tags(task.tags.clone());
            let named = self.destination().push_opts(node, content.into(), options).await;
            return match named {
                Ok(_) => Ok(()),
                Err(error) => Err(CopyError::of_push(Operation::Tag, error).about(node)),
            };
        }
        for tag in &task.tags {
            let tagged = self.destination().set_tag(node, tag).await;
            tagged.map_err(|error| CopyError::destination(Operation::Tag)(error).about(node))?;
        }
        Ok(())
    }
}
