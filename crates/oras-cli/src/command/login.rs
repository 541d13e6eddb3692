//! `oras login`: checks and stores a credential.

use std::io::IsTerminal;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use oras::auth::{Credential, CredentialStore, DockerConfig};

use crate::causes::LoginFailed;
use crate::login::{configured, given, hidden_by};
use crate::names::check_reference;
use crate::place::{Place, PlaceArgs};
use crate::secrets::hide;
use crate::store::{client_with, options};
use crate::system::{Access, Server};
use crate::usage::{Usage, ensure_usage};
use crate::{format, say};

#[derive(Args, Clone)]
pub(crate) struct Login {
    /// The registry: host[:port]
    #[arg(value_name = "REGISTRY")]
    registry: String,

    #[command(flatten)]
    place: PlaceArgs,
}

impl Login {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let mut place: Place = self.place.into();
        if self.registry.starts_with("https://") {
            place.plain_http.get_or_insert(false);
        }
        let name = registry_name(&place, &self.registry)?;
        let server = Server::whole(name, Access::Push)?;
        let host = server.host.clone();
        let credential = match (&place.username, &place.password, place.password_stdin) {
            (Some(username), None, false) => ask(Some(username.clone()))?,
            _ => match given(&place)? {
                Some(credential) => credential,
                None => ask(None)?,
            },
        };
        let store = configured(&place)?;
        let offered = oras::auth::StaticCredentials::new(&host, credential.clone());
        let client = client_with(&place, &server, Arc::new(offered))?;
        let registry = client.registry_with(name, options(&place, &server))?;
        registry
            .ping()
            .await
            .map_err(|error| anyhow::Error::new(error).context(LoginFailed(name.to_owned())))?;
        keep(store.clone(), &host, &credential).await?;
        if let Some(source) = hidden_by(&place, &store, &host).await {
            say::note(format!(
                "Warning: what {source} has for {name} goes before this login: see 'oras auth status {name}'"
            ));
        }
        format::line("Login Succeeded")
    }
}

/// Stores a credential: with the configured helper, or else with that of the platform if no store is configured, or else in
/// plain text, as docker does. The user is told if the choice was not configured.
async fn keep(store: DockerConfig, host: &str, credential: &Credential) -> anyhow::Result<()> {
    let configured = store.helper_for(host).await?;
    let store = store.with_default_helper(true).with_plain_text(true);
    let helper = store.helper_for(host).await?;
    store.put(&host.into(), credential).await?;
    let path = store.path().display();
    match (configured, helper) {
        (Some(_), _) => (),
        (None, Some(helper)) => say::note(format!(
            "The password is kept by docker-credential-{helper}, as {path} says from now on"
        )),
        (None, None) => say::note(format!(
            "Warning: the password is kept in plain text in {path}: configure a credential helper to protect it"
        )),
    }
    Ok(())
}

/// Returns the registry to log in to: the credential is stored for the whole registry.
pub(crate) fn registry_name<'a>(place: &Place, text: &'a str) -> anyhow::Result<&'a str> {
    let rest = text.strip_prefix("https://").unwrap_or(text);
    let name = rest.trim_end_matches('/');
    check_reference(place, name)?;
    ensure_usage!(
        !name.contains('/'),
        "a login is for a whole registry: write {}, without the repository",
        name.split('/').next().unwrap_or(name)
    );
    Ok(name)
}

/// Prompts the user.
fn ask(username: Option<String>) -> anyhow::Result<Credential> {
    if !std::io::stdin().is_terminal() {
        return Err(Usage::error(
            "a user name and password are needed: give --username and --password-stdin",
        ));
    }
    let username = match username {
        Some(username) => username,
        None => read_line("Username: ")?,
    };
    let prompt = if username.is_empty() {
        "Token: "
    } else {
        "Password: "
    };
    say::prompt(prompt);
    let password = rpassword::read_password().context("cannot read the password")?;
    hide(&password);
    if password.is_empty() {
        return Err(Usage::error(
            "an empty password is no password: run 'oras login' again",
        ));
    }
    match username.is_empty() {
        true => Ok(Credential::RefreshToken(password.into())),
        false => Ok(Credential::basic(username, password)?),
    }
}

fn read_line(prompt: &str) -> anyhow::Result<String> {
    say::prompt(prompt);
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .context("cannot read from the terminal")?;
    Ok(line.trim().to_owned())
}
