//! Quirks: known deviations of registries, each behind a switch.

mod adapt;
mod alter;
mod content;
mod lists;
mod login;
mod memory;
mod profile;
mod refuse;
mod set;
mod storage;
mod turn;
mod unknown;
mod uploads;

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

pub use profile::Profile;
pub use unknown::UnknownQuirk;

pub(crate) use set::Quirks;

macro_rules! quirks {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $row:literal;)*) => {
        /// A known deviation of some registries, which clients must handle.
        ///
        /// Each quirk has a name, which scripts use, and a row in the table of quirks, `Q01` to `Q52`, which says which
        /// registries have it. A registry may have any number of quirks, see
        /// [`FaultOptions::with_quirks`](crate::FaultOptions::with_quirks); [`Profile`] has those of one vendor.
        ///
        /// ```
        /// use oras_server_faults::{FaultOptions, Quirk};
        ///
        /// let quirk: Quirk = "tags-null".parse()?;
        /// assert_eq!((quirk, quirk.row()), (Quirk::TagsNull, "Q20"));
        /// let options = FaultOptions::default().with_quirks([quirk, Quirk::PatchCreated]);
        /// # drop(options);
        /// # Ok::<(), oras_server_faults::UnknownQuirk>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Quirk {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Quirk {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the name in scripts.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Returns the row of the table of quirks.
            pub fn row(self) -> &'static str {
                match self {
                    $(Self::$variant => $row,)*
                }
            }
        }
    };
}

quirks! {
    /// `GET` of blobs and manifests is answered without `Docker-Content-Digest`.
    NoDigestOnGet = "no-digest-on-get", "Q01";
    /// `HEAD` of blobs and manifests is answered without `Docker-Content-Digest`.
    NoDigestOnHead = "no-digest-on-head", "Q01";
    /// A push is answered without `Docker-Content-Digest`.
    NoDigestOnPut = "no-digest-on-put", "Q01";
    /// `Docker-Content-Digest` is present but empty.
    EmptyDigest = "empty-digest", "Q02";
    /// `HEAD` of a manifest is answered with status 403.
    HeadManifestForbidden = "head-manifest-403", "Q03";
    /// `HEAD` of an existing manifest is answered with status 404.
    HeadManifestMissing = "head-manifest-404", "Q03";
    /// `HEAD` of a manifest is answered with status 405.
    HeadManifestNotAllowed = "head-manifest-405", "Q03";
    /// `HEAD` of a manifest is answered with status 501.
    HeadManifestNotImplemented = "head-manifest-501", "Q03";
    /// Blobs are on the second origin, which refuses credentials with status 400.
    BlobRedirect = "blob-redirect", "Q04";
    /// Storage answers without the headers of a registry, and with its own entity tag.
    BareStorage = "bare-storage", "Q05";
    /// The `Location` of an upload is a whole URL.
    LocationAbsolute = "location-absolute", "Q06";
    /// The `Location` of an upload has a query that must be sent back byte for byte, and that changes each time.
    LocationQuery = "location-query", "Q06";
    /// The `Location` of an upload is relative to the requested path.
    LocationUnrooted = "location-unrooted", "Q06";
    /// The `Location` of an upload starts with `//` and the host.
    LocationSchemeless = "location-schemeless", "Q06";
    /// The path of an upload ends with `.patch`.
    LocationPatchSuffix = "location-patch-suffix", "Q06";
    /// The path of an upload ends with a slash.
    LocationTrailingSlash = "location-trailing-slash", "Q06";
    /// Uploads are on the second origin, which refuses credentials with status 400.
    LocationSecondOrigin = "location-second-origin", "Q06";
    /// The `Location` of a pushed blob or manifest is on an unrelated host.
    CreatedLocationForeign = "created-location-foreign", "Q06";
    /// A push is answered without `Location`.
    NoCreatedLocation = "no-created-location", "Q06";
    /// `Range` of an upload is `bytes=0-N`.
    RangeWithUnit = "range-with-unit", "Q07";
    /// `Range` of an upload is that of the last chunk only.
    RangeLastChunk = "range-last-chunk", "Q07";
    /// A chunk is answered with status 201.
    PatchCreated = "patch-201", "Q08";
    /// `Range` of an upload stays that of the first chunk.
    RangeStuck = "range-stuck", "Q08";
    /// The status of an upload cannot be queried: status 404.
    NoUploadStatus = "no-upload-status", "Q08";
    /// The first empty `PUT` of each upload is refused with status 400.
    EmptyPutRefused = "empty-put-refused", "Q08";
    /// A chunk whose `Content-Length` is above 4 MiB is refused with status 416.
    ChunkOver4Mib = "chunk-over-4mib", "Q09";
    /// Every chunk but the last must have 5 MiB, as `OCI-Chunk-Min-Length` says.
    ChunkMin5Mib = "chunk-min-5mib", "Q10";
    /// A blob cannot be pushed in one request: the first bytes must be sent in a `PATCH`.
    NoSinglePut = "no-single-put", "Q11";
    /// Each chunk is challenged once more, although its credentials are valid.
    PatchChallenged = "patch-401", "Q12";
    /// The `Location` of an upload is a URL with `http`, even if the registry uses TLS.
    LocationHttp = "location-http", "Q13";
    /// The `Location` of an upload is a URL with a port on which nothing listens.
    LocationOtherPort = "location-other-port", "Q13";
    /// The `Location` of an upload is a URL that omits a port of 443 or 80.
    LocationWithoutPort = "location-without-port", "Q14";
    /// A failed mount is answered with a `Location` that leads nowhere.
    MountLocation = "mount-location", "Q15";
    /// A failed mount is answered with status 401.
    MountUnauthorized = "mount-401", "Q16";
    /// A failed mount is answered with status 403.
    MountForbidden = "mount-403", "Q16";
    /// A failed mount is answered with status 404.
    MountMissing = "mount-404", "Q16";
    /// A token request that also asks to pull from a repository that does not exist is refused with status 403.
    TokenUnknownScope = "token-unknown-scope", "Q16";
    /// A mount without `from` is refused with status 400.
    MountNeedsFrom = "mount-needs-from", "Q17";
    /// A request for a token that permits deletion is refused with status 400.
    NoDeleteScope = "no-delete-scope", "Q17";
    /// Tags are listed only for a token with the action `metadata_read`.
    TagsMetadataRead = "tags-metadata-read", "Q19";
    /// Tokens are issued at `/oauth2/token`.
    Oauth2TokenPath = "oauth2-token-path", "Q19";
    /// An empty list of tags is `null`.
    TagsNull = "tags-null", "Q20";
    /// The list of tags has entries that are `null`.
    TagsWithNull = "tags-with-null", "Q21";
    /// The list of tags has entries that are digests.
    TagsWithDigests = "tags-with-digests", "Q21";
    /// Only the link leads to the next page; `last` is refused with status 405.
    OpaqueCursor = "opaque-cursor", "Q22";
    /// Listings are sent whole, whatever `n` and `last` say.
    NoPaging = "no-paging", "Q23";
    /// An `n` above 1000 is refused with status 400.
    PageLimit1000 = "page-limit-1000", "Q23";
    /// The link to the next page has no angle brackets.
    LinkWithoutBrackets = "link-without-brackets", "Q24";
    /// The catalog is answered with status 401.
    CatalogUnauthorized = "catalog-401", "Q25";
    /// The catalog is answered with status 403.
    CatalogForbidden = "catalog-403", "Q25";
    /// The catalog is answered with status 404.
    CatalogMissing = "catalog-404", "Q25";
    /// Manifests cannot be deleted: status 405.
    ManifestDeleteNotAllowed = "manifest-delete-405", "Q26";
    /// Manifests cannot be deleted: status 404.
    ManifestDeleteMissing = "manifest-delete-404", "Q26";
    /// Tags cannot be deleted: status 400, `DIGEST_INVALID`.
    TagDeleteInvalid = "tag-delete-400", "Q26";
    /// A manifest cannot be deleted while it has a tag: status 400.
    DeleteNeedsUntag = "delete-needs-untag", "Q26";
    /// There is no referrers API: status 404, in plain text.
    ReferrersMissing = "referrers-404", "Q27";
    /// There is no referrers API: status 400.
    ReferrersInvalid = "referrers-400", "Q28";
    /// There is no referrers API: status 405.
    ReferrersNotAllowed = "referrers-405", "Q28";
    /// There is no referrers API: status 406.
    ReferrersNotAcceptable = "referrers-406", "Q28";
    /// Requests for referrers are redirected to a login page for people.
    ReferrersLoginPage = "referrers-login-page", "Q29";
    /// There is no referrers API, and the tag of the referrers index is the subject itself.
    ReferrersTagResolves = "referrers-tag-resolves", "Q30";
    /// A manifest above 4 MiB can be pushed but not pulled: status 500.
    ManifestLimitOnPull = "manifest-limit-on-pull", "Q31";
    /// A manifest that is too large is refused with status 400.
    ManifestTooLargeInvalid = "manifest-too-large-400", "Q31";
    /// Errors are HTML pages.
    HtmlErrors = "html-errors", "Q32";
    /// Content and tokens are compressed, whatever the client accepts.
    Gzip = "gzip", "Q33";
    /// Blobs are labelled `Content-Encoding: x-gzip`, but are not compressed.
    GzipLabel = "x-gzip-label", "Q33";
    /// Every third request is answered with status 429, without `Retry-After`.
    Throttled = "throttled", "Q34";
    /// Every third request is answered with status 503, without `Retry-After`.
    ThrottledUnavailable = "throttled-503", "Q34";
    /// Every response sets a cookie, and a request with a cookie is refused with status 403.
    Cookie = "cookie", "Q35";
    /// A challenge is `Basic` in one header and then `Bearer` in another.
    BasicAndBearer = "basic-and-bearer", "Q36";
    /// A challenge is `Basic` and then `Bearer`, in one header.
    BasicAndBearerInOne = "basic-and-bearer-in-one", "Q36";
    /// A challenge starts with `Negotiate`.
    NegotiateFirst = "negotiate-first", "Q36";
    /// The scope of a challenge names another repository, and is valid for this one.
    ScopeOfAnother = "scope-of-another", "Q37";
    /// The scope of a challenge to push is `push,pull`.
    ScopeOrder = "scope-order", "Q37";
    /// The scope of a challenge is `*`.
    ScopeStar = "scope-star", "Q37";
    /// The action of the scope of a challenge is `any`.
    ScopeAny = "scope-any", "Q37";
    /// A challenge has two scopes.
    ScopeTwice = "scope-twice", "Q37";
    /// A challenge has no service.
    NoService = "no-service", "Q37";
    /// Only `/v2/` has a challenge; elsewhere a status 401 has none.
    BareUnauthorized = "bare-401", "Q38";
    /// The realm of a challenge is a path.
    RelativeRealm = "relative-realm", "Q39";
    /// A token is in the member `token` only.
    TokenOnly = "token-only", "Q40";
    /// A token is in the member `access_token` only.
    AccessTokenOnly = "access-token-only", "Q40";
    /// The token response has neither lifetime nor time of issue.
    NoExpiresIn = "no-expires-in", "Q40";
    /// `POST` to the token endpoint is answered with status 404.
    NoTokenPost = "no-token-post", "Q40";
    /// Only the first scope of a token request is granted.
    FirstScopeOnly = "first-scope-only", "Q41";
    /// `/v2/` needs no authentication, although everything else does.
    OpenPing = "open-ping", "Q42";
    /// Pushing an empty blob fails with status 500.
    NoEmptyBlob = "no-empty-blob", "Q43";
    /// An image without layers is refused with status 400.
    LayersRequired = "layers-required", "Q43";
    /// An image with the empty config is refused with status 400.
    NoEmptyConfig = "no-empty-config", "Q43";
    /// A manifest with an artifact type, or with a config that is not an image config, is refused with status 400.
    NoArtifacts = "no-artifacts", "Q44";
    /// A manifest without `mediaType` is refused with status 405, `UNSUPPORTED`.
    MediaTypeRequired = "media-type-required", "Q44";
    /// A missing manifest is reported as `UNKNOWN`.
    UnknownNotFound = "unknown-not-found", "Q45";
    /// Everything is answered with status 200 and HTML, and nothing is done.
    YesToEverything = "yes-to-everything", "Q46";
    /// Every second request of an upload meets a replica that does not know it: status 404.
    OtherReplica = "other-replica", "Q47";
    /// Every second request with bytes of an upload is refused by ending its stream or connection.
    UploadsRefused = "uploads-refused", "Q48";
    /// The list of tags has non-standard members.
    TagsExtraKeys = "tags-extra-keys", "Q49";
    /// Every third request is answered with status 499.
    FlakyClientGone = "flaky-499", "Q51";
    /// Every third request is answered with status 520, and HTML.
    FlakyUnknown = "flaky-520", "Q51";
    /// An index is refused if its manifests lack blobs, although the manifests exist.
    DeepCheck = "deep-check", "Q52";
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Quirk {
    type Err = UnknownQuirk;

    fn from_str(name: &str) -> Result<Self, UnknownQuirk> {
        UnknownQuirk::find(Self::ALL, Self::name, "quirk", name)
    }
}

impl<'de> Deserialize<'de> for Quirk {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}
