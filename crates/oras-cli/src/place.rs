//! Places: the location of an artifact, from flags and arguments.

use std::path::PathBuf;

use clap::Args;
use oras::registry::ReferrersMode;

use crate::args::DistributionSpec;
use crate::connection::{Header, Headers, HostAddress, host_address};

/// How to reach a place, after parsing the flags.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// The prefix of its flags, after the two hyphens.
    pub(crate) flags: &'static str,
    /// Whether it is a layout, by whichever flag.
    pub(crate) oci_layout: bool,
    /// The path of the layout, if a flag names it instead of the argument.
    pub(crate) oci_layout_path: Option<PathBuf>,
    pub(crate) plain_http: Option<bool>,
    pub(crate) insecure: bool,
    pub(crate) ca_file: Option<PathBuf>,
    /// The client's certificate and its key, in PEM files.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
    /// Headers for every request to the registry.
    pub(crate) headers: Vec<Header>,
    /// Fixed addresses of hosts, which are not resolved.
    pub(crate) addresses: Vec<HostAddress>,
    /// Token servers that may get the credential.
    pub(crate) token_servers: Vec<String>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) password_stdin: bool,
    /// Files with credentials, in order of precedence.
    pub(crate) registry_configs: Vec<PathBuf>,
    pub(crate) referrers: ReferrersMode,
}

/// Parses the name of a token server, which is not a URL.
pub(crate) fn token_server(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => Ok(text.to_owned()),
        false => Err("write the name of the server, as in tokens.example or tokens.example:8443".to_owned()),
    }
}

macro_rules! place_flags {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $holds:literal, $registry:literal, $user:expr, $password:expr, $header:expr, $username_env:expr, $password_env:expr) => {
        $(#[$doc])*
        #[derive(Args, Clone)]
        #[command(next_help_heading = "Where")]
        pub(crate) struct $name {
            #[arg(help = concat!($holds, " an OCI image layout: a folder or a tar archive"), id = concat!($prefix, "oci-layout"), long = concat!($prefix, "oci-layout"))]
            oci_layout: bool,

            #[arg(help = concat!($holds, " the OCI image layout at this path; the argument is then only a digest, or a tag of any form"),
                id = concat!($prefix, "oci-layout-path"), long = concat!($prefix, "oci-layout-path"), value_name = "PATH", conflicts_with = concat!($prefix, "oci-layout")
            )]
            oci_layout_path: Option<PathBuf>,

            #[arg(help = concat!("Whether to use plain HTTP for the ", $registry, "; by default only for loopback addresses"),
                id = concat!($prefix, "plain-http"), long = concat!($prefix, "plain-http"), value_name = "BOOL",
                num_args = 0..=1, require_equals = true, default_missing_value = "true"
            )]
            plain_http: Option<bool>,

            #[arg(help = concat!("Do not verify the TLS certificate of the ", $registry), id = concat!($prefix, "insecure"), long = concat!($prefix, "insecure"))]
            insecure: bool,

            #[arg(help = concat!("Also trust the certificates in this PEM file for the ", $registry), id = concat!($prefix, "ca-file"), long = concat!($prefix, "ca-file"), value_name = "FILE", env = "ORAS_CA_FILE")]
            ca_file: Option<PathBuf>,

            #[arg(help = concat!("Present the client certificate in this PEM file to the ", $registry),
                id = concat!($prefix, "cert-file"), long = concat!($prefix, "cert-file"), value_name = "FILE",
                requires = concat!($prefix, "key-file"), hide_short_help = true
            )]
            cert_file: Option<PathBuf>,

            #[arg(help = concat!("PEM file with the private key of the client certificate for the ", $registry),
                id = concat!($prefix, "key-file"), long = concat!($prefix, "key-file"), value_name = "FILE",
                requires = concat!($prefix, "cert-file"), hide_short_help = true
            )]
            key_file: Option<PathBuf>,

            #[arg(help = concat!("Add a header to each request to the ", $registry, ", and to no other server: 'Name: value'; repeatable"),
                id = concat!($prefix, "header"), long = concat!($prefix, "header"), short = $header, value_name = "HEADER",
                value_parser = Headers, hide_short_help = true
            )]
            headers: Vec<Header>,

            #[arg(help = concat!("Connect to ADDRESS instead of resolving HOST, if that is the ", $registry, ": HOST:PORT:ADDRESS[:PORT]; repeatable"),
                id = concat!($prefix, "resolve"), long = concat!($prefix, "resolve"), value_name = "ADDRESS",
                value_parser = host_address, hide_short_help = true
            )]
            addresses: Vec<HostAddress>,

            #[arg(help = concat!("Send the credential for the ", $registry, " to the token server HOST[:PORT] if the registry names it; repeatable. Servers in ORAS_TRUST_TOKEN_SERVERS are trusted, too"),
                id = concat!($prefix, "trust-token-server"), long = concat!($prefix, "trust-token-server"), value_name = "HOST", value_parser = token_server,
                hide_short_help = true
            )]
            token_servers: Vec<String>,

            #[arg(help = concat!("User name for the ", $registry), id = concat!($prefix, "username"), long = concat!($prefix, "username"), short = $user, value_name = "NAME", env = $username_env)]
            username: Option<String>,

            #[arg(help = concat!("Password or token for the ", $registry, "; stdin is safer"), id = concat!($prefix, "password"), long = concat!($prefix, "password"), short = $password, value_name = "PASSWORD", env = $password_env, hide_env_values = true)]
            password: Option<String>,

            #[arg(help = concat!("Read the password for the ", $registry, " from stdin"), id = concat!($prefix, "password-stdin"), long = concat!($prefix, "password-stdin"), conflicts_with = concat!($prefix, "password"))]
            password_stdin: bool,

            #[arg(help = concat!("Identity token for the ", $registry, ", as issued at a login; stdin is safer"),
                id = concat!($prefix, "identity-token"), long = concat!($prefix, "identity-token"), value_name = "TOKEN",
                conflicts_with_all = [concat!($prefix, "username"), concat!($prefix, "password"), concat!($prefix, "password-stdin")],
                hide_short_help = true
            )]
            identity_token: Option<String>,

            #[arg(help = concat!("Read the identity token for the ", $registry, " from stdin"),
                id = concat!($prefix, "identity-token-stdin"), long = concat!($prefix, "identity-token-stdin"),
                conflicts_with_all = [
                    concat!($prefix, "username"), concat!($prefix, "password"), concat!($prefix, "password-stdin"),
                    concat!($prefix, "identity-token")
                ],
                hide_short_help = true
            )]
            identity_token_stdin: bool,

            #[arg(help = concat!("File with credentials for the ", $registry, ", instead of those of docker and podman; repeatable, the first match is used"), id = concat!($prefix, "registry-config"), long = concat!($prefix, "registry-config"), value_name = "FILE", env = "ORAS_REGISTRY_CONFIG")]
            registry_configs: Vec<PathBuf>,

            #[arg(help = concat!("How the ", $registry, " lists referrers; detected by default"), id = concat!($prefix, "distribution-spec"), long = concat!($prefix, "distribution-spec"), value_enum, value_name = "VERSION", hide_short_help = true)]
            distribution_spec: Option<DistributionSpec>,
        }

        impl From<$name> for Place {
            fn from(flags: $name) -> Self {
                Self {
                    flags: $prefix,
                    oci_layout: flags.oci_layout || flags.oci_layout_path.is_some(),
                    oci_layout_path: flags.oci_layout_path,
                    plain_http: flags.plain_http,
                    insecure: flags.insecure,
                    ca_file: flags.ca_file,
                    identity: flags.cert_file.zip(flags.key_file),
                    headers: flags.headers,
                    addresses: flags.addresses,
                    token_servers: flags.token_servers,
                    username: flags.username,
                    // A password without a user name is a token.
                    password: flags.password.or(flags.identity_token),
                    password_stdin: flags.password_stdin || flags.identity_token_stdin,
                    registry_configs: flags.registry_configs,
                    referrers: match flags.distribution_spec {
                        None => ReferrersMode::Detect,
                        Some(DistributionSpec::ReferrersApi) => ReferrersMode::Api,
                        Some(DistributionSpec::ReferrersTag) => ReferrersMode::TagSchema,
                    },
                }
            }
        }
    };
}

place_flags! {
    /// Flags of a command that works in one place.
    PlaceArgs, "", "The artifact is in", "registry", Some('u'), Some('p'), Some('H'), "ORAS_USERNAME", "ORAS_PASSWORD"
}

place_flags! {
    /// Flags of the place that is copied from.
    FromArgs, "from-", "The source is", "source registry", None, None, None, "ORAS_FROM_USERNAME", "ORAS_FROM_PASSWORD"
}

place_flags! {
    /// Flags of the place that is copied to.
    ToArgs, "to-", "The destination is", "destination registry", None, None, None, "ORAS_TO_USERNAME", "ORAS_TO_PASSWORD"
}
