//! The jobs of a client at a registry, in sequence, and whether the result of each is true.

use futures_util::TryStreamExt;
use oras_content::{
    Descriptor, Error, ErrorKind, ReferrerLister, Store, StoreExt, Tag, TagListOptions, TagLister, WriterExt,
};
use oras_copy::{CopyError, CopyOptions, ExtendedCopyOptions, Side, copy, extended_copy, untag};
use oras_memory::MemoryStore;
use oras_registry::{Client, Repository};
use oras_server_faults::Quirk;

use super::failed::Failed;
use super::graph::{Graph, attach};
use super::network::{Registry, client, needs_sockets};
use super::table::{lacks_referrers, loses_uploads};

/// A job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Job {
    Push,
    Attach,
    Pull,
    Tags,
    Referrers,
    /// Copies everything to a registry without quirks.
    CopyOut,
    /// Copies everything from a registry without quirks.
    CopyIn,
    /// Copies everything to another repository of the registry.
    Mount,
    Tag,
    Untag,
    Delete,
}

impl Job {
    pub(crate) const ALL: [Self; 11] = [
        Self::Push,
        Self::Attach,
        Self::Pull,
        Self::Tags,
        Self::Referrers,
        Self::CopyOut,
        Self::CopyIn,
        Self::Mount,
        Self::Tag,
        Self::Untag,
        Self::Delete,
    ];

    /// Returns the side of the registry with quirks in a copy to or from another registry.
    fn side(self) -> Option<Side> {
        match self {
            Self::Pull | Self::CopyOut => Some(Side::Source),
            Self::Push | Self::CopyIn => Some(Side::Destination),
            _ => None,
        }
    }
}

/// The outcome of a job.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// It succeeded, and its claim is true.
    Done,
    /// It failed with an error.
    Told(ErrorKind, String),
    /// It makes a false claim, blames the wrong side, does not end, or leaves something open.
    Wrong(String),
}

/// A registry with quirks, one without, and a client of both.
pub(super) struct Bench {
    graph: Graph,
    odd: Registry,
    plain: Registry,
    client: Client,
    lists_by_tag: bool,
    subject_has_the_tag: bool,
    loses_uploads: bool,
}

impl Bench {
    pub(super) async fn new(graph: &Graph, quirks: &[Quirk]) -> Self {
        let (odd, plain) = match quirks.iter().any(|quirk| needs_sockets(*quirk)) {
            true => (
                Registry::at_sockets(quirks).await,
                Registry::at_sockets(&[]).await,
            ),
            false => (
                Registry::in_memory("127.0.0.1:5001", quirks),
                Registry::in_memory("127.0.0.1:5002", &[]),
            ),
        };
        let bench = Self {
            graph: graph.clone(),
            client: client([&odd, &plain]),
            odd,
            plain,
            lists_by_tag: quirks.iter().any(|quirk| lacks_referrers(*quirk)),
            subject_has_the_tag: quirks.contains(&Quirk::ReferrersTagResolves),
            loses_uploads: loses_uploads(quirks),
        };
        graph.seed_all(&bench.plain.backend.store("from"), false).await;
        bench
    }

    /// Runs the jobs in sequence. Returns the outcome and the number of requests of each.
    pub(super) async fn run(&self, jobs: &[Job]) -> Vec<(Job, Outcome, u64)> {
        let mut all = Vec::new();
        for job in Job::ALL.into_iter().filter(|job| jobs.contains(job)) {
            self.make_up(job).await;
            let (before, open) = (self.odd.requests(), self.open());
            let done = self.attempt(job).await;
            let asked = self.odd.requests() - before;
            self.client.cancel_uploads().await;
            let outcome = self.judge(job, done, self.open() - open).await;
            all.push((job, outcome, asked));
        }
        all
    }

    async fn attempt(&self, job: Job) -> Result<(), Failed> {
        let one = self.repository("team/one");
        let options = CopyOptions::default();
        match job {
            Job::Push => drop(copy(&self.graph.store, "v1", &one, "v1", &options).await?),
            Job::Attach => drop(attach(&one, &self.graph.root).await?),
            Job::Pull => self.pull(&one).await?,
            Job::Tags => self.list_tags(&one).await?,
            Job::Referrers => self.list_referrers(&one).await?,
            Job::CopyOut => {
                let to = self.plain.repository(&self.client, "to");
                self.copy_all(&one, &to).await?;
            }
            Job::CopyIn => {
                let from = self.plain.repository(&self.client, "from");
                self.copy_all(&from, &self.repository("team/in")).await?;
            }
            Job::Mount => self.copy_all(&one, &self.repository("team/two")).await?,
            Job::Tag => one.tag(&self.graph.root, "v2").await?,
            Job::Untag => drop(untag(&one, &tag("v1"), Some(&self.graph.root.digest)).await?),
            Job::Delete => one.as_deleter()?.delete(&self.graph.referrer).await?,
        }
        Ok(())
    }

    async fn copy_all(&self, from: &Repository, to: &Repository) -> Result<(), CopyError> {
        extended_copy(from, "v1", to, "v1", &ExtendedCopyOptions::default()).await?;
        Ok(())
    }

    async fn pull(&self, one: &Repository) -> Result<(), CopyError> {
        let store = MemoryStore::new();
        copy(one, "v1", &store, "v1", &CopyOptions::default()).await?;
        let lacking = self.graph.lacks(&store, &self.graph.root).await;
        assert!(lacking.is_empty(), "{lacking:?}");
        Ok(())
    }

    async fn list_tags(&self, one: &Repository) -> Result<(), Error> {
        let tags: Vec<String> = one.tags(TagListOptions::default()).try_collect().await?;
        let mut tags: Vec<&str> = tags.iter().map(String::as_str).collect();
        tags.retain(|tag| *tag != self.graph.tag());
        assert_eq!(tags, ["v1"]);
        Ok(())
    }

    async fn list_referrers(&self, one: &Repository) -> Result<(), Error> {
        let listed: Vec<Descriptor> = one.referrers(&self.graph.root, None).try_collect().await?;
        let listed: Vec<_> = listed.iter().map(|node| &node.digest).collect();
        if !self.subject_has_the_tag {
            assert_eq!(listed, [&self.graph.referrer.digest]);
        }
        Ok(())
    }

    async fn judge(&self, job: Job, done: Result<(), Failed>, open: usize) -> Outcome {
        let wrong = match &done {
            _ if open > 0 && !self.loses_uploads => Some(format!("{open} uploads are open")),
            Ok(()) => self.refute(job).await,
            Err(failed) => self.blame(job, failed).await,
        };
        match (wrong, done) {
            (Some(wrong), Ok(())) => Outcome::Wrong(wrong),
            (Some(wrong), Err(failed)) => Outcome::Wrong(format!("{wrong}: {}", failed.text)),
            (None, Ok(())) => Outcome::Done,
            (None, Err(failed)) => Outcome::Told(failed.kind, failed.text),
        }
    }

    /// Returns what is false about the claim of a job.
    async fn refute(&self, job: Job) -> Option<String> {
        let one = self.odd.backend.store("team/one");
        let graph = &self.graph;
        match job {
            Job::Push => self.lacking(&one, &graph.root, "v1").await,
            Job::Attach => self.unattached(&one, self.lists_by_tag).await,
            Job::CopyOut => self.uncopied(&self.plain.backend.store("to"), false).await,
            Job::CopyIn => {
                self.uncopied(&self.odd.backend.store("team/in"), self.lists_by_tag)
                    .await
            }
            Job::Mount => {
                self.uncopied(&self.odd.backend.store("team/two"), self.lists_by_tag)
                    .await
            }
            Job::Tag => self.lacking(&one, &graph.root, "v2").await,
            Job::Untag if one.resolve("v1").await.is_ok() => Some("the tag is there".to_owned()),
            Job::Untag => self.damaged(&one).await,
            Job::Delete if graph.is_listed(&one, self.lists_by_tag).await => Some("it is listed".to_owned()),
            Job::Delete if one.exists(&graph.referrer).await.unwrap() => Some("it is there".to_owned()),
            Job::Delete => self.damaged(&one).await,
            // These jobs check their result themselves.
            Job::Pull | Job::Tags | Job::Referrers => None,
        }
    }

    async fn uncopied(&self, store: &MemoryStore, by_tag: bool) -> Option<String> {
        match self.lacking(store, &self.graph.root, "v1").await {
            // If the tag for referrers is taken, nobody can find the referrers.
            None if self.subject_has_the_tag => None,
            None => self.unattached(store, by_tag).await,
            lacking => lacking,
        }
    }

    async fn unattached(&self, store: &MemoryStore, by_tag: bool) -> Option<String> {
        let lacking = self.graph.lacks(store, &self.graph.referrer).await;
        if !lacking.is_empty() {
            return Some(format!("claimed, and not there: {lacking:?}"));
        }
        let is_listed = self.graph.is_listed(store, by_tag).await;
        (!is_listed).then(|| "claimed, and not listed".to_owned())
    }

    /// Returns what is missing of the root.
    async fn damaged(&self, store: &MemoryStore) -> Option<String> {
        let lacking = self.graph.lacks(store, &self.graph.root).await;
        (!lacking.is_empty()).then(|| format!("not there any more: {lacking:?}"))
    }

    async fn lacking(&self, store: &MemoryStore, root: &Descriptor, tag: &str) -> Option<String> {
        let lacking = self.graph.lacks(store, root).await;
        if !lacking.is_empty() {
            return Some(format!("claimed, and not there: {lacking:?}"));
        }
        let tagged = store.resolve(tag).await;
        let is_tagged = tagged.is_ok_and(|tagged| tagged.digest == root.digest);
        (!is_tagged).then(|| format!("claimed, and {tag} is something else"))
    }

    /// Returns what is wrong with the error of a job.
    async fn blame(&self, job: Job, failed: &Failed) -> Option<String> {
        if failed.side.zip(job.side()).is_some_and(|(said, is)| said != is) {
            return Some("it blames the wrong side".to_owned());
        }
        if !failed.text.contains(&self.odd.name) || failed.text.contains(&self.plain.name) {
            return Some("it does not name the registry, or names the other".to_owned());
        }
        if !failed.is_of_a_registry() {
            return Some(format!("it says {:?} of a registry", failed.kind));
        }
        for (registry, name) in [
            (&self.odd, "team/one"),
            (&self.odd, "team/in"),
            (&self.odd, "team/two"),
            (&self.plain, "to"),
        ] {
            let store = registry.backend.store(name);
            if store.resolve("v1").await.is_ok()
                && let Some(lacking) = self.lacking(&store, &self.graph.root, "v1").await
            {
                return Some(format!("{name}: {lacking}"));
            }
        }
        None
    }

    /// Does the work of the preceding jobs directly in the backend.
    async fn make_up(&self, job: Job) {
        let one = self.odd.backend.store("team/one");
        let by_tag = self.lists_by_tag && !self.subject_has_the_tag;
        match job {
            Job::Push => {}
            Job::Attach => self.graph.seed(&one).await,
            _ => self.graph.seed_all(&one, by_tag).await,
        }
    }

    /// Returns the number of open uploads.
    fn open(&self) -> usize {
        self.odd.open.count() + self.plain.open.count()
    }

    fn repository(&self, name: &str) -> Repository {
        self.odd.repository(&self.client, name)
    }
}

fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}
