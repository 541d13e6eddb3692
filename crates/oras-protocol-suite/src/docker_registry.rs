//! The known deviations of docker-registry 2.8.2.

use crate::expected::{Difference, Expected};

impl Expected {
    /// Returns the expected outcomes for Debian's docker-registry 2.8.2 with deletion enabled.
    pub fn docker_registry() -> Self {
        Self::Exactly(DIFFERENCES.to_vec())
    }
}

/// If a registry differs from this list, it is another version, or the suite changed.
const DIFFERENCES: &[Difference] = &[
    Difference::skips("nothing is warned of", &["base/warning-form"]),
    Difference::skips(
        "this one lets everybody in",
        &["auth/*", "error/form/unauthorized", "error/code/unauthorized"],
    ),
    Difference::fails(
        "a path that is not clean is answered with a redirect to one that is, before anything else",
        &[
            "name/invalid/parent",
            "name/invalid/encoded-parent",
            "name/invalid/empty-component",
        ],
    ),
    Difference::fails(
        "an encoded slash is taken for a slash",
        &["name/invalid/encoded-slash"],
    ),
    Difference::skips(
        "a blob is not taken in one request: a session is opened",
        &[
            "blob/push/wrong-digest-single-post/sha256",
            "blob/push/wrong-digest-single-post/sha384",
            "blob/push/wrong-digest-single-post/sha512",
        ],
    ),
    Difference::skips(
        "digest-algorithm is not looked at",
        &["blob/push/unknown-announced-algorithm"],
    ),
    Difference::fails(
        "Content-Range is not looked at: bytes are appended in whatever order they come",
        &[
            "chunk/out-of-order/sha256",
            "chunk/out-of-order/sha384",
            "chunk/out-of-order/sha512",
            "chunk/out-of-order-put/sha256",
            "chunk/out-of-order-put/sha384",
            "chunk/out-of-order-put/sha512",
            "chunk/repeated",
            "chunk/gap",
            "chunk/range-that-is-none",
            "chunk/range-longer-than-body",
            "chunk/range-shorter-than-body",
            "error/form/upload-invalid",
            "error/code/upload-invalid",
            "error/form/size-invalid",
            "error/code/size-invalid",
        ],
    ),
    Difference::varies(
        "requests to one upload are not told apart",
        &["crowd/one-session"],
    ),
    Difference::skips(
        "chunks may have any length",
        &["chunk/minimum", "chunk/shorter-than-minimum"],
    ),
    Difference::skips("a mount has to name a repository", &["mount/anonymous"]),
    Difference::fails(
        "content by another algorithm than sha256 is stored, and reported, as sha256",
        &[
            "mount/from/sha384",
            "mount/from/sha512",
            "blob/pull/digest-header/sha384",
            "blob/pull/digest-header/sha512",
            "content/sha384/*",
            "content/sha512/*",
        ],
    ),
    Difference::fails(
        "a refused range is answered with the length of the whole blob and a short text, then a closed connection",
        &[
            "blob/range/huge-end",
            "blob/range/beyond-the-end",
            "blob/range/inverted",
            "blob/range/not-numbers",
        ],
    ),
    Difference::fails(
        "the last no bytes are bytes 1000 to 999",
        &["blob/range/suffix-of-nothing"],
    ),
    Difference::fails(
        "what is no digest, or no manifest, is an internal error",
        &[
            "manifest/push/digest-that-is-none",
            "manifest/push/no-manifest",
            "manifest/pull/digest-that-is-none",
            "manifest/pull/blob-is-no-manifest",
        ],
    ),
    Difference::fails(
        "a manifest over 4 MiB is invalid, status 400, not too large",
        &["manifest/push/too-large", "manifest/push/too-large-unannounced"],
    ),
    Difference::skips(
        "the parameters of the draft are not looked at",
        &["manifest/tag-parameter/*", "manifest/digest-parameter/*"],
    ),
    Difference::fails(
        "a manifest is hidden unless Accept has its very type, in these letters",
        &[
            "accept/none/image",
            "accept/none/index",
            "accept/any/image",
            "accept/any/index",
            "accept/any-application/image",
            "accept/any-application/index",
            "accept/weighted/image",
            "accept/weighted/index",
            "accept/spaces-and-case/index",
        ],
    ),
    Difference::skips(
        "of conditions only If-None-Match with one strong ETag is looked at",
        &[
            "condition/get/same-weak",
            "condition/get/same-in-a-list",
            "condition/get/any",
            "condition/put/other",
            "condition/put/lost-update",
            "condition/put/any-of-nothing",
            "condition/put/new-only",
        ],
    ),
    Difference::fails(
        "layers that are elsewhere are an internal error",
        &["content/non-distributable/*"],
    ),
    Difference::skips(
        "parts may not be missing",
        &["content/sparse-image/*", "content/index-sparse/*"],
    ),
    Difference::skips("there is no referrers API", REFERRERS),
    Difference::fails("tags come in no order", &["tag/list/order"]),
    Difference::skips("lists have no HEAD", &["tag/list/head"]),
    Difference::fails(
        "n and last of a list of tags are not looked at, and there are no pages",
        &[
            "tag/page/n",
            "tag/page/n-is-0",
            "tag/page/n-is-negative",
            "tag/page/n-is-no-number",
            "tag/page/last",
            "tag/page/last-is-no-tag-there",
            "tag/page/last-is-the-last",
            "tag/page/n-and-last",
            "tag/page/link",
            "tag/page/chain",
            "tag/page/chain-without-n",
        ],
    ),
    Difference::fails(
        "a negative n of the catalog is the default",
        &["catalog/n-is-negative"],
    ),
    Difference::skips(
        "a tag is no digest, and only digests are deleted",
        &["delete/tag", "delete/tag-missing"],
    ),
    Difference::fails("and says so as DIGEST_INVALID", &["delete/tag-switched-off"]),
    Difference::skips(
        "other deletes are on",
        &["delete/manifest-switched-off", "delete/blob-switched-off"],
    ),
    Difference::skips(
        "what its router refuses is answered with plain text",
        &[
            "error/form/name-invalid",
            "error/code/name-invalid",
            "error/form/unsupported",
            "error/code/unsupported",
        ],
    ),
];

/// All cases about referrers, except the one about a push without them.
const REFERRERS: &[&str] = &[
    "content/image/referrers",
    "content/image-uncompressed/referrers",
    "content/image-unknown-layer/referrers",
    "content/image-repeated-layer/referrers",
    "content/image-without-media-type/referrers",
    "content/large-manifest/referrers",
    "content/odd-json/referrers",
    "content/no-layers/referrers",
    "content/empty-blob/referrers",
    "content/data-field/referrers",
    "content/custom-fields/referrers",
    "content/index/referrers",
    "content/index-empty/referrers",
    "content/index-nested/referrers",
    "content/index-with-subject/referrers",
    "content/artifact/referrers",
    "content/artifact-empty/referrers",
    "content/artifact-by-config/referrers",
    "content/artifact-index/referrers",
    "content/subject/referrers",
    "content/subject-by-config/referrers",
    "content/subject-missing/referrers",
    "content/docker-image/referrers",
    "content/docker-list/referrers",
    "referrers/none",
    "referrers/unknown-subject",
    "referrers/digest-that-is-none",
    "referrers/all",
    "referrers/once",
    "referrers/other-repository",
    "referrers/not-those-that-list-it",
    "referrers/subject-later",
    "referrers/of-a-referrer",
    "referrers/filter",
    "referrers/filter-applied",
    "referrers/filter-without-match",
    "referrers/no-filter-no-header",
    "referrers/chain",
    "referrers/n",
    "referrers/n-keeps-filter",
    "referrers/deleted",
    "referrers/subject-deleted",
    "referrers/header",
    "crowd/referrers",
];

#[cfg(test)]
mod tests {
    use super::Expected;
    use crate::cases;

    #[test]
    fn every_difference_is_about_a_case() {
        let cases = cases::cases();
        let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(Expected::docker_registry().unmatched(&ids), [""; 0]);
    }
}
