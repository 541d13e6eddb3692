//! Which manifests an extended copy follows, by what they say of themselves.

use std::fmt;
use std::sync::Arc;

use oras_content::Descriptor;

type Matches = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Which of the manifests that refer to a node are followed: those that meet every condition. All do by default.
///
/// A condition is about the artifact type or an annotation of the manifest, be it an image or an index. A store that lists
/// manifests without them has each one read, once for the filter and the copy. Conditions are functions of the text, so that
/// any pattern will do: with the crate `regex` it is `move |text| pattern.is_match(text)`.
///
/// ```
/// use oras_copy::{ExtendedCopyOptions, ReferrerFilter};
///
/// let signatures = ReferrerFilter::default()
///     .with_artifact_type(|kind| kind.starts_with("application/vnd.dev.cosign."))
///     .with_annotation("org.example.signer")
///     .with_annotation_matching("org.example.team", |team| team == "release");
/// let options = ExtendedCopyOptions::default().with_filter(signatures);
/// # drop(options);
/// ```
#[derive(Clone, Default)]
pub struct ReferrerFilter {
    artifact_types: Vec<Matches>,
    annotations: Vec<(String, Matches)>,
}

impl ReferrerFilter {
    /// Follows manifests whose artifact type `matches`; those without one are not followed.
    ///
    /// Of an image without an artifact type it is the media type of the configuration.
    ///
    /// Spec: distribution-spec v1.1, "Listing Referrers".
    #[must_use]
    pub fn with_artifact_type(mut self, matches: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.artifact_types.push(Arc::new(matches));
        self
    }

    /// Follows manifests that have the annotation `key`, whatever it says.
    #[must_use]
    pub fn with_annotation(self, key: impl Into<String>) -> Self {
        self.with_annotation_matching(key, |_| true)
    }

    /// Follows manifests that have the annotation `key`, whose value `matches`.
    #[must_use]
    pub fn with_annotation_matching(
        mut self,
        key: impl Into<String>,
        matches: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.annotations.push((key.into(), Arc::new(matches)));
        self
    }

    /// Whether `found` was listed without what a condition is about, which may be in its manifest.
    pub(crate) fn needs_more_than(&self, found: &Descriptor) -> bool {
        let lacks_type = found.artifact_type.is_none() && !self.artifact_types.is_empty();
        let lacks_annotations = found.annotations.is_empty() && !self.annotations.is_empty();
        lacks_type || lacks_annotations
    }

    /// Whether a manifest that is described like this is followed.
    pub(crate) fn follows(&self, described: &Descriptor) -> bool {
        let kind = described.artifact_type.as_ref();
        let of_type = |matches: &Matches| kind.is_some_and(|kind| matches(kind.as_str()));
        let annotated = |(key, matches): &(String, Matches)| {
            described.annotation(key).is_some_and(|value| matches(value))
        };
        self.artifact_types.iter().all(of_type) && self.annotations.iter().all(annotated)
    }
}

impl fmt::Debug for ReferrerFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.annotations.iter().map(|(key, _)| key.as_str()).collect();
        f.debug_struct("ReferrerFilter")
            .field("artifact_types", &self.artifact_types.len())
            .field("annotations", &keys)
            .finish_non_exhaustive()
    }
}
