//! `ReferrerFilter`: which referrers an extended copy follows.

use std::fmt;
use std::sync::Arc;

use oras_content::Descriptor;

type Matches = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Conditions that a referrer must all meet to be followed. By default, all referrers are followed.
///
/// Conditions test the artifact type or an annotation of the manifest, which may be an image or an index. If the store
/// lists manifests without them, each manifest is read, once for both filter and copy. Conditions are functions of the
/// text, so they can use any kind of pattern: with the crate `regex`, `move |text| pattern.is_match(text)`.
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
    /// Follows only manifests with an artifact type for which `matches` returns `true`.
    ///
    /// For an image without an artifact type, the media type of the configuration is used.
    ///
    /// Spec: distribution-spec v1.1, "Listing Referrers".
    #[must_use]
    pub fn with_artifact_type(mut self, matches: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.artifact_types.push(Arc::new(matches));
        self
    }

    /// Follows only manifests with the annotation `key`, whatever its value.
    #[must_use]
    pub fn with_annotation(self, key: impl Into<String>) -> Self {
        self.with_annotation_matching(key, |_| true)
    }

    /// Follows only manifests with the annotation `key` and a value for which `matches` returns `true`.
    #[must_use]
    pub fn with_annotation_matching(
        mut self,
        key: impl Into<String>,
        matches: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.annotations.push((key.into(), Arc::new(matches)));
        self
    }

    /// Whether `found` was listed without the fields that the conditions test, so that its manifest must be read.
    pub(crate) fn needs_more_than(&self, found: &Descriptor) -> bool {
        let lacks_type = found.artifact_type.is_none() && !self.artifact_types.is_empty();
        let lacks_annotations = found.annotations.is_empty() && !self.annotations.is_empty();
        lacks_type || lacks_annotations
    }

    /// Whether to follow a manifest with this descriptor.
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
