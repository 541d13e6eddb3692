//! The log of a registry: one line of JSON per answered request.

use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use oras_server::Route;
use oras_server_faults::Entry;
use serde::Serialize;

/// Maximum number of lines waiting to be written: a slow reader of the log must not hold up clients.
const MAX_WAITING: usize = 10_000;

/// How long the program waits at its end for the log to be written.
const PATIENCE: Duration = Duration::from_secs(5);

/// Parameters whose values are not secret. The values of all others are hidden.
const OPEN: [&str; 14] = [
    "account",
    "artifactType",
    "client_id",
    "digest",
    "digest-algorithm",
    "from",
    "last",
    "mount",
    "n",
    "ns",
    "offline_token",
    "scope",
    "service",
    "tag",
];

/// A thread that writes lines to stderr.
pub(super) struct Log {
    lines: SyncSender<Line>,
    writer: JoinHandle<()>,
}

enum Line {
    Of(Box<Entry>),
    /// The end of the log.
    End,
}

#[derive(Serialize)]
struct Record<'a> {
    time: String,
    method: &'a str,
    path: String,
    protocol: String,
    status: u16,
    bytes_received: u64,
    bytes_sent: u64,
    connection: u64,
    duration_ms: f64,
    /// Whether the request had credentials or a cookie; their values are not logged.
    credentials: bool,
    /// `registry`, or `second` for the second origin to which faults and quirks send clients.
    origin: &'static str,
}

impl Log {
    pub(super) fn start() -> anyhow::Result<Self> {
        let (lines, waiting) = sync_channel(MAX_WAITING);
        let writer = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write(&waiting))
            .context("cannot start the log")?;
        Ok(Self { lines, writer })
    }

    /// Returns the observer that logs entries. It drops an entry if too many lines are waiting.
    pub(super) fn observer(&self) -> Arc<dyn Fn(&Entry) + Send + Sync> {
        let lines = self.lines.clone();
        Arc::new(move |entry| {
            lines.try_send(Line::Of(Box::new(entry.clone()))).ok();
        })
    }

    /// Waits until everything is written, for a limited time, because nobody may be reading the log.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let (done, ended) = sync_channel(1);
        let waiting = move || {
            // If the writer has ended, there is nothing to wait for.
            self.lines.send(Line::End).ok();
            done.send(self.writer.join()).ok();
        };
        std::thread::spawn(waiting);
        match ended.recv_timeout(PATIENCE) {
            Ok(Err(_)) => anyhow::bail!("the log broke off"),
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }
}

fn write(waiting: &Receiver<Line>) {
    while let Ok(Line::Of(entry)) = waiting.recv() {
        let Ok(mut line) = serde_json::to_vec(&record(&entry)) else {
            continue;
        };
        line.push(b'\n');
        // If stderr is closed, nobody wants a log.
        if std::io::stderr().write_all(&line).is_err() {
            return;
        }
    }
}

fn record(entry: &Entry) -> Record<'_> {
    let time = jiff::Timestamp::try_from(entry.time).unwrap_or_default();
    Record {
        time: format!("{time:.3}"),
        method: entry.method.as_str(),
        path: shown(&entry.path, entry.route),
        protocol: format!("{:?}", entry.version),
        status: entry.status.as_u16(),
        bytes_received: entry.bytes_received,
        bytes_sent: entry.bytes_sent,
        connection: entry.connection,
        duration_ms: (entry.duration.as_secs_f64() * 1e6).round() / 1e3,
        credentials: ["authorization", "cookie"]
            .iter()
            .any(|name| entry.request_headers.contains_key(*name)),
        origin: match entry.at_second_origin {
            true => "second",
            false => "registry",
        },
    }
}

/// Returns a path without its secret parts: the ends of upload session names and of issued addresses, paths that do not
/// belong to a registry, and the values of unknown parameters.
fn shown(path: &str, route: Route) -> String {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    let is_given_out = path.starts_with("/storage/");
    let mut shown = match (route, path.rsplit_once('/')) {
        (_, Some((parent, last))) if is_given_out || matches!(route, Route::Unknown | Route::Upload) => {
            let kept: String = last.chars().take(8).collect();
            let rest = if kept.len() < last.len() { "…" } else { "" };
            format!("{parent}/{kept}{rest}")
        }
        _ => path.to_owned(),
    };
    let Some(query) = query else {
        return shown;
    };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if !OPEN.contains(&name) && !value.is_empty() => format!("{name}=…"),
        _ => pair.to_owned(),
    });
    shown.push('?');
    shown.push_str(&pairs.collect::<Vec<_>>().join("&"));
    shown
}

#[cfg(test)]
mod tests {
    use oras_server::Route;

    use super::shown;

    #[test]
    fn what_only_the_sender_should_know_is_hidden() {
        let session = "0123456789abcdef0123456789abcdef";
        for (path, route, expected) in [
            (
                "/v2/a/tags/list?n=3&last=x",
                Route::Tags,
                "/v2/a/tags/list?n=3&last=x",
            ),
            (
                "/token?service=x&password=hunter2&scope=a:b:pull",
                Route::Token,
                "/token?service=x&password=…&scope=a:b:pull",
            ),
            ("/v2/?hunter2=&x=hunter2&y", Route::Base, "/v2/?hunter2=&x=…&y"),
            (
                &format!("/v2/a/blobs/uploads/{session}?digest=sha256:0"),
                Route::Upload,
                "/v2/a/blobs/uploads/01234567…?digest=sha256:0",
            ),
            (&format!("/storage/{session}"), Route::Blob, "/storage/01234567…"),
            (&format!("/-/{session}"), Route::Unknown, "/-/01234567…"),
            ("/favicon", Route::Unknown, "/favicon"),
            ("", Route::Unknown, ""),
        ] {
            assert_eq!(shown(path, route), expected);
        }
    }
}
