//! Ways of serving the embedded registry, with the features that each turns off.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use oras_protocol_suite::{Difference, Protocol};
use oras_server::{
    Challenges, ClientCertificates, ClientIdentity, FolderBackend, OverlayBackend, Permission, Scheme,
    ServerOptions, Tls, TokenRealm, User, Users,
};

/// A way of serving it.
pub(super) struct Way {
    pub(super) name: &'static str,
    /// Sets it up in an empty folder.
    pub(super) setup: fn(&Path) -> anyhow::Result<Setup>,
    pub(super) protocol: Protocol,
    /// Whether the suite has a login, and one that may only pull.
    pub(super) with_login: bool,
    /// Cases to run: those whose ids start with one of these.
    pub(super) cases: &'static [&'static str],
    /// Cases that these options turn off, and that are therefore skipped.
    pub(super) off: &'static [Difference],
}

/// A registry to start, and the certificate of its client.
pub(super) struct Setup {
    pub(super) options: ServerOptions,
    pub(super) identity: Option<ClientIdentity>,
}

impl Setup {
    fn of(options: ServerOptions) -> anyhow::Result<Self> {
        Ok(Self {
            options,
            identity: None,
        })
    }
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

/// To add a way of serving, add an entry.
pub(super) const WAYS: &[Way] = &[
    Way {
        name: "memory",
        setup: |_| Setup::of(ServerOptions::default()),
        protocol: Protocol::Http1,
        with_login: false,
        cases: EVERYTHING,
        off: &[QUIET, WHOLE, ANY_CHUNK, DELETES, OPEN],
    },
    Way {
        name: "layout",
        setup: layout,
        protocol: Protocol::Http1,
        with_login: false,
        cases: EVERYTHING,
        off: &[QUIET, WHOLE, ANY_CHUNK, DELETES, OPEN],
    },
    Way {
        name: "memory over a layout",
        setup: overlay,
        protocol: Protocol::Http1,
        with_login: false,
        cases: EVERYTHING,
        off: &[QUIET, WHOLE, ANY_CHUNK, DELETES, OPEN],
    },
    Way {
        name: "HTTP/2",
        setup: |_| Setup::of(ServerOptions::default()),
        protocol: Protocol::Http2,
        with_login: false,
        cases: EVERYTHING,
        off: &[QUIET, WHOLE, ANY_CHUNK, DELETES, OPEN],
    },
    Way {
        name: "TLS, bearer",
        setup: |_| Setup::of(bearer().with_tls(Tls::self_signed()?)),
        protocol: Protocol::Http1,
        with_login: true,
        cases: &["auth/", "base/ping", "blob/", "chunk/", "mount/", "tag/page/"],
        off: &[ANY_CHUNK, LONG_TOKENS, NO_ANONYMOUS_MOUNT],
    },
    Way {
        name: "TLS, HTTP/2, client certificates",
        setup: client_certificates,
        protocol: Protocol::Http2,
        with_login: false,
        cases: &["base/ping", "blob/", "chunk/", "crowd/"],
        off: &[ANY_CHUNK],
    },
    Way {
        name: "basic",
        setup: |_| Setup::of(ServerOptions::default().with_users(users())),
        protocol: Protocol::Http1,
        with_login: true,
        cases: EVERYTHING,
        off: &[QUIET, WHOLE, ANY_CHUNK, DELETES, BASIC, NO_ANONYMOUS_MOUNT],
    },
    Way {
        name: "basic, htpasswd file",
        setup: htpasswd,
        protocol: Protocol::Http1,
        with_login: true,
        cases: &["auth/", "base/ping", "blob/pull/"],
        off: &[BASIC],
    },
    Way {
        name: "bearer",
        setup: |_| Setup::of(bearer()),
        protocol: Protocol::Http1,
        with_login: true,
        cases: EVERYTHING,
        off: &[QUIET, WHOLE, ANY_CHUNK, DELETES, LONG_TOKENS, NO_ANONYMOUS_MOUNT],
    },
    Way {
        name: "bearer, tokens of one second",
        setup: |_| Setup::of(bearer().with_token_lifetime(Duration::from_secs(1))),
        protocol: Protocol::Http1,
        with_login: true,
        cases: &["auth/token/"],
        off: &[],
    },
    Way {
        name: "bearer, tokens of a second origin",
        setup: |_| Setup::of(bearer().with_token_realm(TokenRealm::SecondOrigin)),
        protocol: Protocol::Http1,
        with_login: true,
        cases: &["auth/", "mount/"],
        off: &[LONG_TOKENS, NO_ANONYMOUS_MOUNT],
    },
    Way {
        name: "basic and bearer",
        setup: |_| Setup::of(bearer().with_challenges(Challenges::Both(Scheme::Basic))),
        protocol: Protocol::Http1,
        with_login: true,
        cases: &["auth/"],
        off: &[LONG_TOKENS],
    },
    Way {
        name: "no deletes",
        setup: |_| Setup::of(ServerOptions::default().with_delete(false)),
        protocol: Protocol::Http1,
        with_login: false,
        cases: &["delete/", "referrers/"],
        off: &[NO_DELETES],
    },
    Way {
        name: "pages of two",
        setup: |_| Setup::of(ServerOptions::default().with_page_size(2)),
        protocol: Protocol::Http1,
        with_login: false,
        cases: &["tag/", "referrers/", "catalog/"],
        off: &[PAGES],
    },
    Way {
        name: "missing parts allowed",
        setup: |_| Setup::of(ServerOptions::default().with_sparse(true)),
        protocol: Protocol::Http1,
        with_login: false,
        cases: &["content/sparse-image/", "content/index-sparse/", "manifest/push/"],
        off: &[SPARSE],
    },
    Way {
        name: "chunks of 4096 bytes at least",
        setup: |_| Setup::of(ServerOptions::default().with_chunk_min_length(4096)),
        protocol: Protocol::Http1,
        with_login: false,
        cases: &["chunk/"],
        off: &[],
    },
    Way {
        name: "mirror",
        setup: |_| Setup::of(ServerOptions::default().with_namespaces(true)),
        protocol: Protocol::Http1,
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

fn layout(folder: &Path) -> anyhow::Result<Setup> {
    let backend = FolderBackend::open(folder)?;
    Setup::of(ServerOptions::default().with_backend(Arc::new(backend)))
}

/// Everything is pushed to memory, over a layout that is only read.
fn overlay(folder: &Path) -> anyhow::Result<Setup> {
    let backend = OverlayBackend::new(Arc::new(FolderBackend::open(folder)?.read_only()));
    Setup::of(ServerOptions::default().with_backend(Arc::new(backend)))
}

fn client_certificates(_: &Path) -> anyhow::Result<Setup> {
    let tls = Tls::self_signed()?;
    let identity = tls.client_identity("ann")?;
    let root = tls
        .trust_root()
        .context("a certificate made on the spot has a root")?
        .to_owned();
    let tls = tls.with_client_ca(root, ClientCertificates::Required)?;
    Ok(Setup {
        options: ServerOptions::default().with_tls(tls),
        identity: Some(identity),
    })
}

/// The same users, with password hashes at the lowest cost.
fn htpasswd(folder: &Path) -> anyhow::Result<Setup> {
    let file = folder.join("htpasswd");
    std::fs::write(&file, HTPASSWD)?;
    let users = Users::from_htpasswd(&file)?.with_rules(|user| match user.name() {
        "reader" => user.with_rule("*", Permission::Pull),
        _ => user,
    });
    Setup::of(ServerOptions::default().with_users(users))
}

const HTPASSWD: &str = "ann:$2b$04$p.X6YHx2/gzFPkAgTQKhv.bJPHBb9z9apwHu0ReVS.57xXX61IClK\n\
    reader:$2b$04$eJOkuZWZY5wbylJ.o9AhCOktEX1Gqc91PzQFSkU1cBik2c5KwBd4.\n";
