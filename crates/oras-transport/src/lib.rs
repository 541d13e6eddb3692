//! HTTP for registries: TLS, retries, redirects, limits and tracing as tower layers
