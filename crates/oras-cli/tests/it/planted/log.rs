//! `Log`: the log of this thread, at all levels.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

thread_local! {
    /// `None` if this thread does not collect.
    static LOG: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// The log of this thread since it was created. One subscriber serves the process, and ignores threads that do not
/// collect.
pub(super) struct Log;

impl Log {
    pub(super) fn collect() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            let lines = tracing_subscriber::fmt::layer()
                .with_span_events(FmtSpan::FULL)
                .with_ansi(false)
                .with_writer(ThisThread);
            let collected = dynamic_filter_fn(|_, _| LOG.with_borrow(Option::is_some));
            tracing_subscriber::registry()
                .with(lines.with_filter(collected))
                .init();
        });
        LOG.set(Some(Vec::new()));
        Self
    }

    pub(super) fn text(&self) -> String {
        let log = LOG.with_borrow(|log| log.clone().unwrap_or_default());
        String::from_utf8(log).unwrap()
    }
}

struct ThisThread;

impl io::Write for ThisThread {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.iter_mut().for_each(|log| log.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for ThisThread {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}
