//! Copies between registries with every kind of failure: the reported outcome is true, no tag precedes its content,
//! and a second run moves only what is missing.
#![allow(clippy::unwrap_used)]

/// Defines three tests for each fault: a copy and an extended copy that meet it once, and a copy that meets it until
/// it fails and is then resumed without it.
macro_rules! faults {
    ($once:ident, $always:ident; $(fn $name:ident($graph:pat) $side:ident {
        $fault:expr => $first:expr, $last:expr
    })*) => {$(
        mod $name {
            use super::*;

            fn case() -> $crate::case::Case {
                $crate::case::Case {
                    side: oras_copy::Side::$side,
                    fault: |$graph| $fault,
                    once: $first,
                    always: $last,
                }
            }

            #[tokio::test]
            async fn copy() {
                case().$once($crate::run::Way::Plain).await;
            }

            #[tokio::test]
            async fn extended_copy() {
                case().$once($crate::run::Way::Extended).await;
            }

            #[tokio::test]
            async fn resumed() {
                case().$always().await;
            }
        }
    )*};
}

mod baseline;
mod batches;
mod bill;
mod case;
mod changes;
mod crowds;
mod destination_blobs;
mod destination_manifests;
mod destination_uploads;
mod graph;
mod killed;
mod layouts;
mod liars;
mod mounts;
mod once;
mod refusals;
mod run;
mod silence;
mod source_blobs;
mod source_manifests;
mod source_referrers;
mod source_tags;
mod whole;
