//! `TransportOptions`: everything a client can be told.

use std::net::SocketAddr;
use std::time::Duration;

use crate::addresses::Addresses;
use crate::headers::{HeaderHook, HeaderLayer};
use crate::origin::Origin;
use crate::pace::LeastRate;
#[cfg(feature = "tls")]
use crate::tls::TlsOptions;
use crate::waiting::{OnWaiting, Waiting};

/// How the client behaves. The default suits registries on the internet.
#[derive(Clone, Debug)]
pub struct TransportOptions {
    pub(crate) connect_timeout: Duration,
    pub(crate) head_timeout: Duration,
    pub(crate) commit_rate: u64,
    pub(crate) idle_timeout: Duration,
    pub(crate) least_rate: Option<LeastRate>,
    pub(crate) on_waiting: OnWaiting,
    pub(crate) user_agent: String,
    pub(crate) max_in_flight_per_origin: usize,
    pub(crate) max_per_second_per_origin: Option<u32>,
    pub(crate) proxies_from_environment: bool,
    #[cfg(feature = "tls")]
    pub(crate) tls: TlsOptions,
    pub(crate) headers: HeaderLayer,
    pub(crate) addresses: Addresses,
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(30),
            head_timeout: Duration::from_secs(60),
            commit_rate: 10 * 1024 * 1024,
            idle_timeout: Duration::from_secs(60),
            least_rate: Some(LeastRate {
                rate: 1024,
                window: Duration::from_secs(60),
            }),
            on_waiting: OnWaiting::default(),
            user_agent: concat!("oras/", env!("CARGO_PKG_VERSION")).to_owned(),
            max_in_flight_per_origin: 64,
            max_per_second_per_origin: None,
            proxies_from_environment: true,
            #[cfg(feature = "tls")]
            tls: TlsOptions::default(),
            headers: HeaderLayer::default(),
            addresses: Addresses::default(),
        }
    }
}

impl TransportOptions {
    /// The most time name resolution, TCP, proxy and TLS handshake may take together. Default: 30 s.
    #[must_use]
    pub fn with_connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// The most time between the end of the request and the head of the answer. Default: 60 s.
    ///
    /// Does not run while the request body is still being sent. After a body it is longer, see
    /// [`with_commit_rate`](Self::with_commit_rate).
    #[must_use]
    pub fn with_head_timeout(mut self, limit: Duration) -> Self {
        self.head_timeout = limit;
        self
    }

    /// How many bytes a second a peer is granted to store a request body before it answers, on top of the head
    /// time-out: after 1 GiB it has 102 s more. Default: 10 MiB; 0 grants no more time.
    #[must_use]
    pub fn with_commit_rate(mut self, bytes_per_second: u64) -> Self {
        self.commit_rate = bytes_per_second;
        self
    }

    /// The least that a peer has to send of an answer's body, in bytes a second, averaged over each `window` in which
    /// it was waited for. Default: 1024 over 60 s; a rate of 0 puts up with any.
    ///
    /// Of a request body the peer has to take 64 KiB within each idle time-out, which by default is the same rate;
    /// whoever takes less ends as [`TimedOut`](crate::Error::TimedOut) while sending.
    #[must_use]
    pub fn with_least_rate(mut self, bytes_per_second: u64, window: Duration) -> Self {
        self.least_rate = (bytes_per_second > 0).then_some(LeastRate {
            rate: bytes_per_second,
            window,
        });
        self
    }

    /// Calls `on_waiting` where a peer is silent for as long as `after`: once for each attempt until its answer begins,
    /// and once for each answer's body. Default: it is logged after 10 s.
    ///
    /// [`RetryLayer::with_on_waiting_of`](crate::RetryLayer::with_on_waiting_of) does the same between attempts.
    #[must_use]
    pub fn with_on_waiting(
        mut self,
        after: Duration,
        on_waiting: impl Fn(&Waiting) + Send + Sync + 'static,
    ) -> Self {
        self.on_waiting = OnWaiting::new(after, on_waiting);
        self
    }

    /// The most time without a byte moving: the peer not taking the next part of a request body, or not sending
    /// the next part of its own. Default: 60 s. There is no limit on a whole transfer.
    #[must_use]
    pub fn with_idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// The `User-Agent`. Default: `oras/<version>`.
    ///
    /// Spec: RFC 9110, section 10.1.5.
    #[must_use]
    pub fn with_user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Sends at most so many requests a second to one origin, evenly spaced; 0 counts as 1. Default: no limit.
    #[must_use]
    pub fn with_max_per_second_per_origin(mut self, requests: u32) -> Self {
        self.max_per_second_per_origin = Some(requests);
        self
    }

    /// The most exchanges under way to one origin, until the end of each answer's body. Default: 64; at least 1.
    ///
    /// A request beyond them waits without limit for one to end: a caller that holds this many bodies of one origin
    /// and reads none of them waits for itself.
    #[must_use]
    pub fn with_max_in_flight_per_origin(mut self, limit: usize) -> Self {
        self.max_in_flight_per_origin = limit;
        self
    }

    /// Whether `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are honoured. Default: yes.
    ///
    /// Loopback hosts are never proxied. `NO_PROXY` takes hosts (with all names below them), `host:port`,
    /// `*.domain`, addresses, networks in CIDR form, and `*`.
    ///
    /// Spec: RFC 9110, section 9.3.6, "CONNECT"; RFC 1928, "SOCKS Protocol Version 5".
    #[must_use]
    pub fn with_proxies_from_environment(mut self, honour: bool) -> Self {
        self.proxies_from_environment = honour;
        self
    }

    /// Adds what `hook` gives to each request to `origin`, and to no other: neither to where that redirects to nor to
    /// its token server. May be called repeatedly, see [`HeaderLayer`].
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue};
    /// use oras_transport::{Origin, TransportOptions};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let gateway: Origin = "https://registry.example".parse()?;
    /// let options = TransportOptions::default().with_headers(gateway, |_: &Origin| {
    ///     HeaderMap::from_iter([("x-tenant".parse().unwrap(), HeaderValue::from_static("blue"))])
    /// });
    /// # let _ = options;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_headers(mut self, origin: Origin, hook: impl HeaderHook + 'static) -> Self {
        self.headers = self.headers.with_headers(origin, hook);
        self
    }

    /// Connects to `address` where `host` and `port` are asked for, instead of resolving the name. TLS still checks the
    /// certificate for `host`. Whatever goes through a proxy is resolved by the proxy. May be called repeatedly.
    ///
    /// ```
    /// use oras_transport::TransportOptions;
    ///
    /// let address = "192.0.2.7:5000".parse()?;
    /// let options = TransportOptions::default().with_address("registry.example", 443, address);
    /// # let _ = options;
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    #[must_use]
    pub fn with_address(mut self, host: &str, port: u16, address: SocketAddr) -> Self {
        self.addresses.insert(host, port, address);
        self
    }

    /// What is trusted, and with what this side identifies itself.
    ///
    /// Needs the feature `ring`, which is on by default, or `aws-lc-rs`.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, tls: TlsOptions) -> Self {
        self.tls = tls;
        self
    }

    /// The most requests a second for [`LimitLayer::with_max_per_second`](crate::LimitLayer::with_max_per_second).
    pub fn max_per_second_per_origin(&self) -> Option<u32> {
        self.max_per_second_per_origin
    }

    /// The limit for [`LimitLayer`](crate::LimitLayer).
    pub fn max_in_flight_per_origin(&self) -> usize {
        self.max_in_flight_per_origin
    }
}
