//! Credentials: those on the command line, those that docker and podman keep, and the servers that may get them.

use std::io::Read;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use oras::auth::{
    AuthOptions, Credential, CredentialProvider, CredentialQuery, DockerConfig, EnvironmentCredentials,
    Fallbacks,
};

use crate::place::Place;
use crate::secrets::hide;
use crate::usage::Usage;

/// The content of stdin, which can be read only once.
static STDIN: OnceLock<String> = OnceLock::new();

/// Returns the credential in the flags, if any.
pub(crate) fn given(place: &Place) -> anyhow::Result<Option<Credential>> {
    let password = match place.password_stdin {
        true => Some(from_stdin()?),
        false => place.password.clone(),
    };
    if let Some(password) = &password {
        hide(password);
    }
    match (&place.username, password) {
        (None, None) => Ok(None),
        (Some(name), Some(password)) => Ok(Some(Credential::basic(name.clone(), password)?)),
        (None, Some(token)) => Ok(Some(Credential::RefreshToken(token.into()))),
        (Some(name), None) => Err(Usage::error(format!(
            "a password is needed for {name}: give --{flags}password-stdin or --{flags}password",
            flags = place.flags
        ))),
    }
}

/// Returns the store for logins: Docker's configuration, or the first of the files that replace it.
pub(crate) fn configured(place: &Place) -> anyhow::Result<DockerConfig> {
    Ok(match place.registry_configs.first() {
        Some(file) => DockerConfig::at(file.clone()),
        None => DockerConfig::from_environment()?,
    })
}

/// Returns the provider of credentials: what docker and podman would find, or the files that replace it.
pub(crate) fn provider(place: &Place) -> anyhow::Result<Arc<dyn CredentialProvider>> {
    let Some((first, others)) = place.registry_configs.split_first() else {
        return Ok(Arc::new(EnvironmentCredentials::detect()?));
    };
    let first = Fallbacks::new(Arc::new(DockerConfig::at(first)));
    let all = others
        .iter()
        .fold(first, |all, file| all.or(Arc::new(DockerConfig::at(file))));
    Ok(Arc::new(all))
}

/// Returns the source of credentials that takes precedence over the login that `config` has for the registry at `host`.
pub(crate) async fn hidden_by(place: &Place, config: &DockerConfig, host: &str) -> Option<String> {
    let sources = environment(place)?.before(config.path());
    serving(&sources, host).await
}

/// Returns the source that has a credential for the registry at `host` if `config` has none.
pub(crate) async fn left_with(place: &Place, config: &DockerConfig, host: &str) -> Option<String> {
    let sources = environment(place)?.without(config.path());
    serving(&sources, host).await
}

fn environment(place: &Place) -> Option<EnvironmentCredentials> {
    match place.registry_configs.is_empty() {
        false => None,
        true => EnvironmentCredentials::detect().ok(),
    }
}

async fn serving(sources: &EnvironmentCredentials, host: &str) -> Option<String> {
    let answers = sources.explain(&CredentialQuery::new(host)).await;
    let mut serving = answers
        .into_iter()
        .filter(|answer| !matches!(answer.found, Ok(None)));
    serving.next().map(|answer| answer.source)
}

/// Returns which servers may get the credential. `--plain-http` is the user's consent to plain HTTP, for this registry only.
pub(crate) fn auth(place: &Place, host: &str) -> AuthOptions {
    let mut auth = AuthOptions::default();
    for server in trusted_token_servers(place) {
        auth = auth.with_trusted_realm(server);
    }
    match place.plain_http {
        Some(true) => auth.with_plain_http(host),
        _ => auth,
    }
}

/// Returns the trusted token servers, from the flags and the environment.
fn trusted_token_servers(place: &Place) -> Vec<String> {
    let listed = std::env::var("ORAS_TRUST_TOKEN_SERVERS").unwrap_or_default();
    let listed = listed
        .split(',')
        .map(str::trim)
        .filter(|server| !server.is_empty());
    place
        .token_servers
        .iter()
        .cloned()
        .chain(listed.map(str::to_owned))
        .collect()
}

/// Reads a secret from stdin, without the newline.
fn from_stdin() -> anyhow::Result<String> {
    if let Some(read) = STDIN.get() {
        return Ok(read.clone());
    }
    let mut secret = String::new();
    std::io::stdin()
        .take(64 * 1024)
        .read_to_string(&mut secret)
        .context("cannot read the password from stdin")?;
    let secret = secret.trim_end_matches(['\r', '\n']).to_owned();
    Ok(STDIN.get_or_init(|| secret).clone())
}
