//! Profiles: all quirks of one vendor.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::{Quirk, UnknownQuirk};

macro_rules! profiles {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, [$($quirk:ident),* $(,)?];)*) => {
        /// The known quirks of one kind of registry, to test whether a client works with it.
        ///
        /// A profile is not that registry: it has only the deviations in the table of quirks, and none is known to be
        /// complete. Effects that depend on load, such as rate limits, are in no profile: add [`Quirk::Throttled`] for that.
        ///
        /// ```
        /// use oras_server_faults::{FaultOptions, Profile, Quirk};
        ///
        /// assert!(Profile::Ghcr.quirks().contains(&Quirk::TagsNull));
        /// let options = FaultOptions::default().with_quirks(Profile::Ghcr.quirks().iter().copied());
        /// # drop(options);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Profile {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Profile {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the name in scripts.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Returns its quirks.
            pub fn quirks(self) -> &'static [Quirk] {
                match self {
                    $(Self::$variant => &[$(Quirk::$quirk),*],)*
                }
            }
        }
    };
}

profiles! {
    /// Docker Hub.
    DockerHub = "docker-hub", [
        BlobRedirect, CatalogUnauthorized, ManifestDeleteNotAllowed, MountUnauthorized, ReferrersMissing,
    ];
    /// Amazon ECR.
    Ecr = "ecr", [
        BlobRedirect, CatalogMissing, EmptyPutRefused, LocationAbsolute, ManifestDeleteMissing, MediaTypeRequired, NoDigestOnGet, NoDigestOnPut, NoUploadStatus, OpaqueCursor, PageLimit1000, PatchCreated, RangeStuck,
    ];
    /// GitHub Container Registry.
    Ghcr = "ghcr", [
        CatalogMissing, ChunkOver4Mib, ManifestDeleteNotAllowed, OpaqueCursor, ReferrersMissing, TagsNull,
    ];
    /// Google Container Registry and Artifact Registry.
    Gcr = "gcr", [
        BareUnauthorized, DeleteNeedsUntag, TagsExtraKeys,
    ];
    /// GitLab, with its storage at Google.
    Gitlab = "gitlab", [
        BareStorage, BlobRedirect, CatalogForbidden, LocationAbsolute, LocationQuery, ReferrersTagResolves, ScopeTwice,
    ];
    /// Harbor.
    Harbor = "harbor", [
        BlobRedirect, CatalogForbidden, Cookie, LocationAbsolute, LocationQuery, MountMissing, UnknownNotFound,
    ];
    /// Azure Container Registry.
    Acr = "acr", [
        BlobRedirect, LocationQuery, Oauth2TokenPath, ScopeOrder, TagsMetadataRead,
    ];
    /// Quay.
    Quay = "quay", [
        LayersRequired, LocationAbsolute, MountNeedsFrom, NoArtifacts, NoDeleteScope, NoEmptyBlob, NoEmptyConfig, OpaqueCursor, ReferrersInvalid,
    ];
    /// JFrog Artifactory.
    Artifactory = "artifactory", [
        BasicAndBearer, LocationAbsolute, LocationPatchSuffix, PatchChallenged, RangeLastChunk, RangeWithUnit,
        ReferrersNotAcceptable, ScopeOfAnother, TagsWithDigests,
    ];
    /// zot, as it was in 2021.
    Zot = "zot", [LinkWithoutBrackets, MountLocation, RangeWithUnit];
    /// Sonatype Nexus.
    Nexus = "nexus", [HeadManifestMissing, NoDigestOnGet, NoDigestOnHead, NoDigestOnPut, TagsWithNull];
    /// distribution 2.x, which is also Debian's docker-registry.
    Distribution2 = "distribution-2", [
        LocationAbsolute, LocationQuery, ManifestTooLargeInvalid, NoPaging, ReferrersMissing, TagDeleteInvalid,
    ];
    /// Cloudsmith.
    Cloudsmith = "cloudsmith", [ChunkMin5Mib, ScopeAny];
    /// Gitea.
    Gitea = "gitea", [LocationUnrooted, ScopeStar];
    /// The registry of Kubernetes.
    Kubernetes = "registry.k8s.io", [
        ReferrersLoginPage,
    ];
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = UnknownQuirk;

    fn from_str(name: &str) -> Result<Self, UnknownQuirk> {
        UnknownQuirk::find(Self::ALL, Self::name, "profile", name)
    }
}

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}
