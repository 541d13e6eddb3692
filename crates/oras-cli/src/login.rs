//! Credentials: those on the command line, those that docker and podman keep, and who may see them.

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

/// What was read from stdin, which can be read once.
static STDIN: OnceLock<String> = OnceLock::new();

/// The credential that the flags give, if any.
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

/// Where logins are kept: Docker's configuration, or the first of the files given in its place.
pub(crate) fn configured(place: &Place) -> anyhow::Result<DockerConfig> {
    Ok(match place.registry_configs.first() {
        Some(file) => DockerConfig::at(file.clone()),
        None => DockerConfig::from_environment()?,
    })
}

/// What docker and podman would find, or what is in the files given in its place.
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

/// The source of credentials that goes before the login that `config` keeps for the registry at `host`.
pub(crate) async fn hidden_by(place: &Place, config: &DockerConfig, host: &str) -> Option<String> {
    let sources = environment(place)?.before(config.path());
    serving(&sources, host).await
}

/// The source that has a credential for the registry at `host` when `config` has none.
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

/// Who may see the credential. `--plain-http` is the user's consent to plain HTTP, for this one registry.
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

/// The token servers that may see the credential, by the flags and by the environment.
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

/// A secret from stdin, without the line end.
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
