//! The jobs that quirks affect, and those that are impossible with one quirk or with two contradictory ones.

use oras_content::ErrorKind;
use oras_server_faults::Quirk;

use super::job::Job;
use super::network::needs_sockets;

const UPLOADING: &[Job] = &[Job::Push, Job::Attach, Job::CopyIn, Job::Mount];

/// Returns the jobs a quirk affects.
pub(crate) fn jobs(quirk: Quirk) -> &'static [Job] {
    match quirk {
        Quirk::NoDeleteScope | Quirk::TokenUnknownScope => return &Job::ALL,
        Quirk::TagsMetadataRead => return &[Job::Tags],
        _ => {}
    }
    match quirk.row() {
        "Q04" | "Q05" => &[Job::Pull, Job::CopyOut, Job::Mount],
        "Q06" | "Q07" | "Q08" | "Q09" | "Q10" | "Q11" | "Q12" | "Q13" | "Q14" | "Q15" | "Q16" | "Q17"
        | "Q47" | "Q48" => UPLOADING,
        "Q20" | "Q21" | "Q22" | "Q23" | "Q24" | "Q25" | "Q49" => &[Job::Tags],
        "Q26" => &[Job::Untag, Job::Delete],
        "Q27" | "Q28" | "Q29" | "Q30" => &[
            Job::Attach,
            Job::Referrers,
            Job::CopyOut,
            Job::CopyIn,
            Job::Mount,
            Job::Delete,
        ],
        "Q43" | "Q44" | "Q52" => &[Job::Push, Job::Attach, Job::CopyIn, Job::Mount, Job::Tag],
        _ => &Job::ALL,
    }
}

/// Returns why a job cannot be done at a registry with this quirk.
pub(crate) fn of_one(quirk: Quirk, job: Job) -> Option<&'static str> {
    let (jobs, reason): (&[Job], _) = match quirk {
        Quirk::YesToEverything => (&Job::ALL, "nothing is a registry that does nothing"),
        Quirk::Gzip => (
            &Job::ALL,
            "content and tokens come compressed although nobody asked for it",
        ),
        Quirk::NoArtifacts => (
            &[Job::Push, Job::Attach, Job::CopyIn, Job::Mount, Job::Tag],
            "artifacts are refused",
        ),
        Quirk::NoEmptyConfig => (
            &[Job::Attach, Job::CopyIn, Job::Mount],
            "the referrer has the empty config",
        ),
        Quirk::ReferrersTagResolves => (
            &[Job::Attach, Job::CopyIn],
            "the tag for referrers is something else and must not be changed",
        ),
        Quirk::LocationOtherPort => (
            &[Job::Push, Job::Attach, Job::CopyIn],
            "there is nothing at the port that the registry names",
        ),
        Quirk::NoDeleteScope => (&[Job::Untag, Job::Delete], "nobody may delete"),
        Quirk::ManifestDeleteNotAllowed | Quirk::ManifestDeleteMissing => {
            (&[Job::Delete], "manifests are not deleted")
        }
        Quirk::TagDeleteInvalid => (&[Job::Untag], "tags are not deleted"),
        _ => return None,
    };
    jobs.contains(&job).then_some(reason)
}

/// Returns why a job cannot be done at a registry with both quirks, although it could with either.
pub(crate) fn contradiction(quirks: &[Quirk], job: Job) -> Option<&'static str> {
    let has = |one, other| quirks.contains(&one) && quirks.contains(&other);
    let uploads = UPLOADING.contains(&job);
    if has(Quirk::BareUnauthorized, Quirk::OpenPing) {
        return Some("it says nowhere how to log in");
    }
    if has(Quirk::BareUnauthorized, Quirk::TagsMetadataRead) && job == Job::Tags {
        return Some("it says nowhere that listing tags takes a right of its own");
    }
    if has(Quirk::LocationOtherPort, Quirk::FirstScopeOnly) && job == Job::Mount {
        return Some("no token is good for a mount, and no upload has an address");
    }
    if has(Quirk::NoSinglePut, Quirk::OtherReplica) && uploads {
        return Some("of the two requests that an upload takes, one is lost");
    }
    None
}

/// Whether the job may fail on transient errors: a registry that refuses every nth request can hit the same request
/// of each attempt if another quirk makes attempts longer.
pub(crate) fn may_pass(quirks: &[Quirk], kind: ErrorKind) -> bool {
    let passes = matches!(
        kind,
        ErrorKind::RateLimited { .. } | ErrorKind::Unavailable { transient: true }
    );
    passes && quirks.len() > 1 && quirks.iter().any(|quirk| is_weather(*quirk))
}

/// Whether the quirk refuses every nth request.
fn is_weather(quirk: Quirk) -> bool {
    ["Q34", "Q48", "Q51"].contains(&quirk.row())
}

/// Whether a client cannot reach every upload it opened in order to cancel it.
pub(crate) fn loses_uploads(quirks: &[Quirk]) -> bool {
    let lost = [Quirk::LocationOtherPort, Quirk::OtherReplica];
    let is_stormy = quirks.len() > 1 && quirks.iter().all(|quirk| is_weather(*quirk));
    // With a running clock, a refused cancellation may exceed its two seconds.
    let is_in_time =
        !quirks.iter().any(|quirk| needs_sockets(*quirk)) || !quirks.iter().any(|quirk| is_weather(*quirk));
    is_stormy || !is_in_time || quirks.iter().any(|quirk| lost.contains(quirk))
}

/// Whether there is no referrers API.
pub(crate) fn lacks_referrers(quirk: Quirk) -> bool {
    ["Q27", "Q28", "Q29", "Q30"].contains(&quirk.row())
}
