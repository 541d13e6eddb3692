//! `TransportOptions`: the options of a client.

use std::net::SocketAddr;
use std::time::Duration;

use crate::addresses::Addresses;
use crate::headers::{HeaderHook, HeaderLayer};
use crate::origin::Origin;
use crate::rate_check::MinRate;
#[cfg(feature = "tls")]
use crate::tls::TlsOptions;
use crate::waiting::{OnWaiting, Waiting};

/// Options for a client. The defaults suit registries on the internet.
#[derive(Clone, Debug)]
pub struct TransportOptions {
    pub(crate) connect_timeout: Duration,
    pub(crate) head_timeout: Duration,
    pub(crate) commit_rate: u64,
    pub(crate) idle_timeout: Duration,
    pub(crate) least_rate: Option<MinRate>,
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
            least_rate: Some(MinRate {
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
    /// Sets the timeout for name resolution, TCP, proxy and TLS handshake together. Default: 30 s.
    #[must_use]
    pub fn with_connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets the timeout between the end of the request and the response head. Default: 60 s.
    ///
    /// It does not run while the request body is being sent. After a body it is longer, see
    /// [`with_commit_rate`](Self::with_commit_rate).
    #[must_use]
    pub fn with_head_timeout(mut self, limit: Duration) -> Self {
        self.head_timeout = limit;
        self
    }

    /// Sets the rate, in bytes per second, at which a peer is expected to store a request body. It extends the timeout
    /// for the response head: after 1 GiB by 102 s. Default: 10 MiB. 0 grants no extra time.
    #[must_use]
    pub fn with_commit_rate(mut self, bytes_per_second: u64) -> Self {
        self.commit_rate = bytes_per_second;
        self
    }

    /// Sets the minimum rate of a response body, in bytes per second, averaged over each `window` of waiting for the
    /// peer. Default: 1024 over 60 s. A rate of 0 disables the check.
    ///
    /// The peer also has to accept 64 KiB of a request body within each idle timeout, which by default is about
    /// the same rate. If it accepts less, the request fails with [`TimedOut`](crate::Error::TimedOut) while sending.
    #[must_use]
    pub fn with_least_rate(mut self, bytes_per_second: u64, window: Duration) -> Self {
        self.least_rate = (bytes_per_second > 0).then_some(MinRate {
            rate: bytes_per_second,
            window,
        });
        self
    }

    /// Calls `on_waiting` if a peer is silent for `after`: once for each attempt until its response begins, and once
    /// for each response body. Default: logged after 10 s.
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

    /// Sets the idle timeout: the longest time for which a peer may accept nothing of a request body, or send nothing
    /// of a response body. Default: 60 s. There is no limit on the whole transfer.
    #[must_use]
    pub fn with_idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// Sets the `User-Agent`. Default: `oras/<version>`.
    ///
    /// Spec: RFC 9110, section 10.1.5.
    #[must_use]
    pub fn with_user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Sends at most `requests` per second to one origin, evenly spaced. 0 counts as 1. Default: no limit.
    #[must_use]
    pub fn with_max_per_second_per_origin(mut self, requests: u32) -> Self {
        self.max_per_second_per_origin = Some(requests);
        self
    }

    /// Sets the maximum number of exchanges in flight to one origin, each until the end of its response body. The
    /// default is 64, the minimum 1.
    ///
    /// A further request waits without timeout for another to end. A caller that holds this many unread bodies of one
    /// origin therefore waits for itself.
    #[must_use]
    pub fn with_max_in_flight_per_origin(mut self, limit: usize) -> Self {
        self.max_in_flight_per_origin = limit;
        self
    }

    /// Sets whether `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are used. Default: yes.
    ///
    /// Loopback hosts are never proxied. `NO_PROXY` accepts hosts (including all names below them), `host:port`,
    /// `*.domain`, addresses, networks in CIDR form, and `*`.
    ///
    /// Spec: RFC 9110, section 9.3.6, "CONNECT"; RFC 1928, "SOCKS Protocol Version 5".
    #[must_use]
    pub fn with_proxies_from_environment(mut self, honour: bool) -> Self {
        self.proxies_from_environment = honour;
        self
    }

    /// Adds the headers of `hook` to each request to `origin`, and to no other: neither to the targets of its redirects
    /// nor to its token server. May be called repeatedly, see [`HeaderLayer`].
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

    /// Connects to `address` for `host` and `port`, instead of resolving the name. TLS still checks the certificate for
    /// `host`. A proxy still resolves the names of requests through it. May be called repeatedly.
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

    /// Sets the trusted roots and the client certificates.
    ///
    /// Needs the feature `ring`, which is on by default, or `aws-lc-rs`.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, tls: TlsOptions) -> Self {
        self.tls = tls;
        self
    }

    /// Returns the limit for [`LimitLayer::with_max_per_second`](crate::LimitLayer::with_max_per_second).
    pub fn max_per_second_per_origin(&self) -> Option<u32> {
        self.max_per_second_per_origin
    }

    /// Returns the limit for [`LimitLayer`](crate::LimitLayer).
    pub fn max_in_flight_per_origin(&self) -> usize {
        self.max_in_flight_per_origin
    }
}
