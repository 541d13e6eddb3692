//! `Suite`: selects and runs the checks for a store.

use std::fmt;
use std::pin::Pin;

use oras_content::Store;

use crate::failure::Outcome;
use crate::{content, graph, manifest, name, range, reference, removal, resumed, stage};

type Run = for<'a> fn(&'a dyn Store) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// A check, named after its function.
struct Check {
    name: &'static str,
    run: Run,
}

/// Creates checks named after their functions.
macro_rules! checks {
    ($($module:ident: $($check:ident)*;)*) => {
        [$($(Check { name: stringify!($check), run: |store| Box::pin($module::$check(store)) },)*)*]
    };
}

/// The checks for a store, according to its declared capabilities. A declared capability that the store does not return
/// fails its checks.
///
/// Each check gets a new, empty store from `new`. [`run`](Self::run) panics at the end if checks failed, and describes
/// each failure.
pub struct Suite<F> {
    new: F,
    checks: Vec<Check>,
}

impl<S, F, Fut> Suite<F>
where
    S: Store,
    F: Fn() -> Fut,
    Fut: Future<Output = S>,
{
    /// Creates a suite of the checks for every store: content is stored once, returned unchanged, and either complete
    /// or not present at all.
    pub fn new(new: F) -> Self {
        let checks = checks! {
            content:
                pushed_content_is_fetched empty_content_is_content other_algorithms_are_verified
                long_content_in_odd_frames missing_content_is_not_found
                another_digest_is_refused short_content_is_refused long_content_is_refused
                an_unknown_algorithm_is_refused existing_content_is_not_read_again
                a_failing_source_leaves_nothing a_dropped_push_leaves_nothing
                concurrent_pushes_leave_one_content verified_content_is_pushed
                a_refused_push_can_be_repeated a_store_has_a_name offers_are_answered
                mounts_and_uploads_of_others_are_passed_over a_forced_push_stores_what_is_there;
        };
        Self {
            new,
            checks: Vec::from(checks),
        }
    }

    /// Declares that the store reads ranges.
    #[must_use]
    pub fn with_ranges(self) -> Self {
        self.with(checks! {
            range: ranges_are_parts_of_the_content ranges_end_with_the_content ranges_of_missing_content_are_not_found;
        })
    }

    /// Declares that the store returns the local files that hold its content.
    #[must_use]
    pub fn with_local_files(self) -> Self {
        self.with(checks! {
            range: local_files_hold_the_content;
        })
    }

    /// Declares that the store accepts and validates manifests.
    #[must_use]
    pub fn with_manifests(self) -> Self {
        self.with(checks! {
            manifest:
                all_kinds_are_stored_byte_for_byte a_polyglot_is_refused text_is_no_manifest
                a_manifest_may_come_before_its_subject;
        })
    }

    /// Declares that the store has tags and resolves digests.
    #[must_use]
    pub fn with_names(self) -> Self {
        self.with(checks! {
            name:
                a_tag_stands_for_a_manifest a_digest_stands_for_itself an_unknown_name_is_not_found
                an_empty_name_is_missing a_tag_moves two_tags_share_a_manifest missing_content_gets_no_tag
                a_digest_stands_for_nothing_else;
            reference:
                a_manifest_is_pushed_with_its_tags an_existing_manifest_gets_the_tag
                a_manifest_is_fetched_by_its_name a_larger_manifest_is_refused;
        })
    }

    /// Declares that the store removes tags.
    #[must_use]
    pub fn with_untag(self) -> Self {
        self.with(checks! {
            name: an_untagged_manifest_stays an_unknown_tag_cannot_be_untagged;
        })
    }

    /// Declares that the store lists its tags in lexical order.
    #[must_use]
    pub fn with_tag_list(self) -> Self {
        self.with(checks! {
            name: tags_are_listed_in_order tags_after_the_last_are_listed digests_are_no_tags;
        })
    }

    /// Declares that the store removes content along with its tags.
    #[must_use]
    pub fn with_delete(self) -> Self {
        self.with(checks! {
            removal:
                deleted_content_is_gone missing_content_cannot_be_deleted
                tags_go_with_their_manifest deleted_content_can_be_pushed_again;
        })
    }

    /// Declares that the store knows the referrers of a manifest: those that name it as their subject.
    #[must_use]
    pub fn with_subjects(self) -> Self {
        self.with(checks! {
            graph: a_referrer_is_a_predecessor nothing_refers_to_a_lonely_manifest;
        })
    }

    /// Declares that the store knows all predecessors of content.
    #[must_use]
    pub fn with_predecessors(self) -> Self {
        self.with_subjects().with(checks! {
            graph: every_edge_has_its_predecessor shared_content_has_all_its_predecessors;
        })
    }

    /// Declares that the store removes the edges of deleted manifests.
    #[must_use]
    pub fn with_predecessors_deleted(self) -> Self {
        self.with(checks! {
            removal: a_deleted_manifest_is_no_predecessor;
        })
    }

    /// Declares that the store lists referrers by type.
    #[must_use]
    pub fn with_referrers(self) -> Self {
        self.with(checks! {
            graph: referrers_are_listed_by_type;
        })
    }

    /// Declares that the store stages content in order.
    #[must_use]
    pub fn with_staging(self) -> Self {
        self.with(checks! {
            stage:
                staged_content_is_fetched other_staged_content_is_refused dropped_content_leaves_nothing
                existing_content_is_not_staged_again sha512_is_staged;
        })
    }

    /// Declares that the store stages content in any order.
    #[must_use]
    pub fn with_staged_ranges(self) -> Self {
        self.with_staging().with(checks! {
            stage:
                ranges_are_staged_in_any_order content_with_a_hole_is_refused what_is_written_far_away_is_no_content;
        })
    }

    /// Declares that the store keeps the received part of large content when its source is interrupted, and resumes it.
    #[must_use]
    pub fn with_resumed_pushes(self) -> Self {
        self.with(checks! {
            resumed: a_push_goes_on_where_the_last_one_broke_off a_failure_that_does_not_pass_begins_anew;
        })
    }

    /// Declares that the store lists its content.
    #[must_use]
    pub fn with_content_list(self) -> Self {
        self.with(checks! {
            content: all_content_is_listed;
        })
    }

    /// Leaves out the check `name`, for a store that differs deliberately.
    ///
    /// # Panics
    ///
    /// Panics if the suite has no check of this name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        let before = self.checks.len();
        self.checks.retain(|check| check.name != name);
        assert!(self.checks.len() < before, "the suite has no check {name:?}");
        self
    }

    /// Returns the names of the checks.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.checks.iter().map(|check| check.name)
    }

    /// Runs all checks.
    ///
    /// # Panics
    ///
    /// Panics if any check failed; the message lists all failures.
    pub async fn run(self)
    where
        F: Send + Sync,
        Fut: Send,
    {
        let mut failures = Vec::new();
        for check in &self.checks {
            let store = (self.new)().await;
            if let Err(failure) = (check.run)(&store).await {
                failures.push(format!("{}: {}", check.name, failure.text()));
            }
        }
        let all = self.checks.len();
        assert!(
            failures.is_empty(),
            "{} of {all} checks failed:\n{}",
            failures.len(),
            failures.join("\n")
        );
    }

    fn with(mut self, checks: impl IntoIterator<Item = Check>) -> Self {
        self.checks.extend(checks);
        self
    }
}

impl<F> fmt::Debug for Suite<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.checks.iter().map(|check| check.name);
        f.debug_list().entries(names).finish()
    }
}
