//! Ways of serving the embedded registry, and what is off in each by choice.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use oras_server::{Challenges, FolderBackend, Permission, Scheme, ServerOptions, TokenRealm, User, Users};

use super::expected::Difference;

/// One way of serving it.
pub(super) struct Way {
    pub(super) name: &'static str,
    /// The options, given a folder that is empty.
    pub(super) options: fn(&Path) -> anyhow::Result<ServerOptions>,
    /// Whether the suite has a login, and one that may only pull.
    pub(super) with_login: bool,
    /// Cases to run: those whose ids start with one of these.
    pub(super) cases: &'static [&'static str],
    /// What is off by the choice of these options, and therefore skipped.
    pub(super) off: &'static [Difference],
}

const EVERYTHING: &[&str] = &[""];

const QUIET: Difference = Difference::skips("nothing is warned of", &["base/warning-form"]);
const WHOLE: Difference = Difference::skips("images may not lack blobs", &["content/sparse-image/*"]);
const SPARSE: Difference = Difference::skips("images may lack blobs", &["manifest/push/missing-blob"]);
const ANY_CHUNK: Difference = Difference::skips(
    "chunks may have any length",
    &["chunk/minimum", "chunk/shorter-than-minimum"],
);
const DELETES: Difference = Difference::skips(
    "deletes are on",
    &[
        "delete/tag-switched-off",
        "delete/manifest-switched-off",
        "delete/blob-switched-off",
    ],
);
const NO_DELETES: Difference = Difference::skips(
    "deletes are off",
    &[
        "delete/tag",
        "delete/tag-missing",
        "delete/manifest",
        "delete/manifest-missing",
        "delete/manifest-takes-its-tags",
        "delete/manifest-keeps-others",
        "delete/manifest-and-push-again",
        "delete/index-keeps-children",
        "delete/blob",
        "delete/blob-missing",
        "delete/blob-and-push-again",
        "delete/blob-keeps-other-repository",
        "referrers/deleted",
        "referrers/subject-deleted",
    ],
);
const OPEN: Difference = Difference::skips(
    "nobody has to log in",
    &["auth/*", "error/form/unauthorized", "error/code/unauthorized"],
);
const BASIC: Difference = Difference::skips("there are no tokens", &["auth/token/*"]);
const LONG_TOKENS: Difference = Difference::skips("tokens live for long", &["auth/token/expiry"]);
const NO_ANONYMOUS_MOUNT: Difference = Difference::skips(
    "where rights differ, a mount that names no repository would tell what others have",
    &["mount/anonymous"],
);
const PAGES: Difference = Difference::skips("lists have several pages", &["tag/list/all"]);
const MIRROR: Difference = Difference::skips(
    "another registry is asked about, of which nothing is there",
    &["proxy/own-content"],
);

/// To serve it in one more way, add an entry.
pub(super) const WAYS: &[Way] = &[
    Way {
        name: "memory",
        options: |_| Ok(ServerOptions::default()),
        with_login: false,
        cases: EVERYTHING,
        off: &[QUIET, WHOLE, ANY_CHUNK, DELETES, OPEN],
    },
    Way {
        name: "layout",
        options: layout,
        with_login: false,
        cases: EVERYTHING,
        off: &[QUIET, WHOLE, ANY_CHUNK, DELETES, OPEN],
    },
    Way {
        name: "basic",
        options: |_| Ok(ServerOptions::default().with_users(users())),
        with_login: true,
        cases: EVERYTHING,
        off: &[QUIET, WHOLE, ANY_CHUNK, DELETES, BASIC, NO_ANONYMOUS_MOUNT],
    },
    Way {
        name: "basic, htpasswd file",
        options: htpasswd,
        with_login: true,
        cases: &["auth/", "base/ping", "blob/pull/"],
        off: &[BASIC],
    },
    Way {
        name: "bearer",
        options: |_| Ok(bearer()),
        with_login: true,
        cases: EVERYTHING,
        off: &[QUIET, WHOLE, ANY_CHUNK, DELETES, LONG_TOKENS, NO_ANONYMOUS_MOUNT],
    },
    Way {
        name: "bearer, tokens of one second",
        options: |_| Ok(bearer().with_token_lifetime(Duration::from_secs(1))),
        with_login: true,
        cases: &["auth/token/"],
        off: &[],
    },
    Way {
        name: "bearer, tokens of a second origin",
        options: |_| Ok(bearer().with_token_realm(TokenRealm::SecondOrigin)),
        with_login: true,
        cases: &["auth/", "mount/"],
        off: &[LONG_TOKENS, NO_ANONYMOUS_MOUNT],
    },
    Way {
        name: "basic and bearer",
        options: |_| Ok(bearer().with_challenges(Challenges::Both(Scheme::Basic))),
        with_login: true,
        cases: &["auth/"],
        off: &[LONG_TOKENS],
    },
    Way {
        name: "no deletes",
        options: |_| Ok(ServerOptions::default().with_delete(false)),
        with_login: false,
        cases: &["delete/", "referrers/"],
        off: &[NO_DELETES],
    },
    Way {
        name: "pages of two",
        options: |_| Ok(ServerOptions::default().with_page_size(2)),
        with_login: false,
        cases: &["tag/", "referrers/", "catalog/"],
        off: &[PAGES],
    },
    Way {
        name: "missing parts allowed",
        options: |_| Ok(ServerOptions::default().with_sparse(true)),
        with_login: false,
        cases: &["content/sparse-image/", "content/index-sparse/", "manifest/push/"],
        off: &[SPARSE],
    },
    Way {
        name: "chunks of 4096 bytes at least",
        options: |_| Ok(ServerOptions::default().with_chunk_min_length(4096)),
        with_login: false,
        cases: &["chunk/"],
        off: &[],
    },
    Way {
        name: "mirror",
        options: |_| Ok(ServerOptions::default().with_namespaces(true)),
        with_login: false,
        cases: &["proxy/", "manifest/", "blob/pull/"],
        off: &[MIRROR],
    },
];

fn users() -> Users {
    let reader = User::new("reader", "may only look").with_rule("*", Permission::Pull);
    Users::new()
        .with_user(User::new("ann", "open sesame"))
        .with_user(reader)
}

fn bearer() -> ServerOptions {
    ServerOptions::default().with_users(users()).with_tokens(true)
}

fn layout(folder: &Path) -> anyhow::Result<ServerOptions> {
    let backend = FolderBackend::open(folder)?;
    Ok(ServerOptions::default().with_backend(Arc::new(backend)))
}

/// The same users, as the hashes of their passwords at the lowest cost.
fn htpasswd(folder: &Path) -> anyhow::Result<ServerOptions> {
    let file = folder.join("htpasswd");
    std::fs::write(&file, HTPASSWD)?;
    let users = Users::from_htpasswd(&file)?.with_rules(|user| match user.name() {
        "reader" => user.with_rule("*", Permission::Pull),
        _ => user,
    });
    Ok(ServerOptions::default().with_users(users))
}

const HTPASSWD: &str = "ann:$2b$04$p.X6YHx2/gzFPkAgTQKhv.bJPHBb9z9apwHu0ReVS.57xXX61IClK\n\
    reader:$2b$04$eJOkuZWZY5wbylJ.o9AhCOktEX1Gqc91PzQFSkU1cBik2c5KwBd4.\n";
