//! `oras login`: a credential, checked and kept.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use oras::auth::{Credential, CredentialStore};

use crate::format;
use crate::login::{configured, given};
use crate::place::{Place, PlaceArgs};
use crate::store::{client_with, options};

#[derive(Args)]
pub(crate) struct Login {
    /// The registry: host[:port]
    #[arg(value_name = "REGISTRY")]
    registry: String,

    #[command(flatten)]
    place: PlaceArgs,
}

impl Login {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let place: Place = self.place.into();
        let name = self.registry.trim_end_matches('/');
        let host = oras::Reference::new(name, "any")?.host().to_owned();
        let credential = match (&place.username, &place.password, place.password_stdin) {
            (Some(username), None, false) => ask(Some(username.clone()))?,
            _ => match given(&place)? {
                Some(credential) => credential,
                None => ask(None)?,
            },
        };
        let store = configured(&place)?;
        let offered = oras::auth::StaticCredentials::new(&host, credential.clone());
        let client = client_with(&place, name, &host, Arc::new(offered))?;
        let registry = oras::Registry::new(&client, name, options(&place))?;
        registry
            .ping()
            .await
            .with_context(|| format!("cannot log in to {name}"))?;
        store.put(&host, &credential).await?;
        format::line("Login Succeeded")
    }
}

/// Asks the person at the terminal.
fn ask(username: Option<String>) -> anyhow::Result<Credential> {
    if !std::io::stdin().is_terminal() {
        bail!("a user name and a password are needed: give --username and --password-stdin");
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
    eprint!("{prompt}");
    let password = rpassword::read_password().context("cannot read the password")?;
    if password.is_empty() {
        bail!("an empty password is no password: run 'oras login' again");
    }
    match username.is_empty() {
        true => Ok(Credential::RefreshToken(password.into())),
        false => Ok(Credential::basic(username, password)?),
    }
}

fn read_line(prompt: &str) -> anyhow::Result<String> {
    eprint!("{prompt}");
    std::io::stderr()
        .flush()
        .context("cannot write to the terminal")?;
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .context("cannot read from the terminal")?;
    Ok(line.trim().to_owned())
}
