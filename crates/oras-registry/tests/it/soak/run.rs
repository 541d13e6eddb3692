//! One run of the copy, with or without faults.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use oras_content::{Store, Tag};
use oras_copy::{CopyError, Recheck};
use oras_layout::{LayoutStore, TarLayout, TarLayoutWriter};
use oras_registry::Client;
use oras_server_faults::{FaultLayer, Journal};
use oras_transport::TransportOptions;

use super::case::Kind;
use super::fault::Trouble;
use super::world::World;
use crate::pairs::network::{self, Registry};

pub(super) const SOURCE: &str = "127.0.0.1:5001";
pub(super) const DESTINATION: &str = "127.0.0.1:5002";

/// How long a registry behind a socket may be silent.
const PATIENCE: Duration = Duration::from_millis(300);

/// Longer than any copy that ends.
const FOR_EVER: Duration = Duration::from_secs(1_000_000);
const LONG: Duration = Duration::from_secs(100);

/// The errors, by tag if there are several tags.
pub(super) type Errors = Vec<(Option<Tag>, Arc<CopyError>)>;

/// The result of a copy.
pub(super) enum Ended {
    Copied,
    Dropped,
    /// The failures, by tag if there are several.
    Failed(Errors),
    Hung,
}

/// A copy, and its cost.
pub(super) struct Run {
    pub(super) ended: Ended,
    pub(super) open_uploads: usize,
    pub(super) journals: [Journal; 2],
}

impl World {
    /// Runs the copy, with or without faults.
    pub(super) async fn run(&self, is_disturbed: bool, recheck: Recheck) -> Run {
        let [from, to] = self.registries(is_disturbed).await;
        let client = network::client_with([&from, &to], patient());
        let journals = [from.journal(), to.journal()];
        let polls = self.case.polls.filter(|_| is_disturbed);
        self.other.lock().unwrap().clone_from(&to.name);
        let copying = self.copy(&client, &from, &to, recheck);
        let most = if self.case.has_sockets { LONG } else { FOR_EVER };
        let ended = match tokio::time::timeout(most, limited(copying, polls)).await {
            Ok(Some(Ok(()))) => Ended::Copied,
            Ok(Some(Err(errors))) => Ended::Failed(errors),
            Ok(None) => Ended::Dropped,
            Err(_) => Ended::Hung,
        };
        client.cancel_uploads().await;
        for _ in 0..200 {
            // A registry notices with a delay that its client has left, and then cancels what it started.
            if from.open.count() + to.open.count() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        if self.is_told {
            journals.iter().for_each(tell);
        }
        Run {
            ended,
            open_uploads: from.open.count() + to.open.count(),
            journals,
        }
    }

    async fn registries(&self, is_disturbed: bool) -> [Registry; 2] {
        let [from, to] = match is_disturbed {
            true => [0, 1].map(|side| &self.case.troubles[side][..]),
            false => [&[][..]; 2],
        };
        [self.registry(0, from).await, self.registry(1, to).await]
    }

    /// Returns the registry of a side, with these faults.
    pub(super) async fn registry(&self, side: usize, troubles: &[Trouble]) -> Registry {
        let (quirks, backend) = (&self.case.quirks[side], self.backends[side].clone());
        let troubles = troubles.iter().map(|trouble| trouble.fault.clone());
        if self.case.has_sockets {
            return Registry::at_sockets_over(quirks, troubles.collect(), backend).await;
        }
        let name = match side == 0 && !self.case.is_one_registry {
            true => SOURCE,
            false => DESTINATION,
        };
        let layer = FaultLayer::new(network::faults(quirks));
        troubles.for_each(|fault| layer.inject(fault));
        Registry::over(name, &layer, backend)
    }

    async fn copy(
        &self,
        client: &Client,
        from: &Registry,
        to: &Registry,
        recheck: Recheck,
    ) -> Result<(), Errors> {
        let source: Box<dyn Store> = match self.case.from {
            Kind::Memory => Box::new(self.memory[0].clone()),
            Kind::Registry => Box::new(from.repository(client, "from/app")),
            Kind::Layout => Box::new(LayoutStore::open(self.dir.path().join("from")).await.unwrap()),
            Kind::Archive => Box::new(TarLayout::open(self.dir.path().join("from.tar")).await.unwrap()),
        };
        let path = self.dir.path().join("to");
        match self.case.to {
            Kind::Memory => self.call(&*source, &self.memory[1], recheck).await,
            Kind::Registry => {
                self.call(&*source, &to.repository(client, "to/app"), recheck)
                    .await
            }
            Kind::Layout => {
                self.call(&*source, &LayoutStore::create(path).await.unwrap(), recheck)
                    .await
            }
            Kind::Archive => {
                let archive = TarLayoutWriter::replacing(path.with_extension("tar"));
                let copied = self.call(&*source, &archive, recheck).await;
                if copied.is_ok() {
                    archive.finish().await.unwrap();
                }
                copied
            }
        }
    }
}

/// Polls at most this many times.
async fn limited<F: Future>(future: F, polls: Option<usize>) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls.unwrap_or(usize::MAX);
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Returns the client's timeouts for sockets.
pub(super) fn patient() -> TransportOptions {
    TransportOptions::default()
        .with_head_timeout(PATIENCE)
        .with_idle_timeout(PATIENCE)
}

pub(super) fn tell(journal: &Journal) {
    println!("what a registry was asked:");
    for entry in journal.entries() {
        println!("{} {} {}", entry.method, entry.path, entry.status);
    }
}
