//! `ConnectFault`: why connecting failed.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::connect_reason::ConnectReason;
use crate::name_resolver::NameFailure;

/// Why connecting failed. Cheap to clone out of the error of the HTTP library.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ConnectFault {
    #[error("{reason}")]
    Failed {
        reason: ConnectReason,
        source: Arc<dyn StdError + Send + Sync>,
    },
    #[error("timed out")]
    TimedOut(Duration),
    #[cfg(feature = "tls")]
    #[error("the server answered in plain HTTP")]
    AnsweredInPlainHttp,
    #[cfg(not(feature = "tls"))]
    #[error("this program was built without TLS")]
    WithoutTls,
}

impl ConnectFault {
    pub(crate) fn dial(error: impl StdError + Send + Sync + 'static, via_proxy: bool) -> Self {
        let name_failure = find::<NameFailure>(&error).map(NameFailure::reason);
        let io_kind = find::<io::Error>(&error).map(io::Error::kind);
        let reason = match (name_failure, io_kind) {
            (Some(_), _) if via_proxy => ConnectReason::ProxyDns,
            (Some(reason), _) => reason,
            (None, Some(io::ErrorKind::ConnectionRefused)) if via_proxy => ConnectReason::ProxyRefused,
            (None, Some(io::ErrorKind::ConnectionRefused)) => ConnectReason::Refused,
            (None, Some(_)) => ConnectReason::Network,
            (None, None) if via_proxy => ConnectReason::Proxy,
            (None, None) => ConnectReason::Network,
        };
        Self::Failed {
            reason,
            source: Arc::new(error),
        }
    }
}

/// Searches a chain of errors, and inside I/O errors, whose `source()` skips the error they wrap.
pub(crate) fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}
