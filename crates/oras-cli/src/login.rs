//! Credentials: those on the command line, and those in Docker's configuration.

use std::io::Read;

use anyhow::{Context, bail};
use oras::auth::{Credential, DockerConfig};

use crate::place::Place;

/// The credential that the flags give, if any.
pub(crate) fn given(place: &Place) -> anyhow::Result<Option<Credential>> {
    let password = match place.password_stdin {
        true => Some(from_stdin()?),
        false => place.password.clone(),
    };
    match (&place.username, password) {
        (None, None) => Ok(None),
        (Some(name), Some(password)) => Ok(Some(Credential::basic(name.clone(), password)?)),
        (None, Some(token)) => Ok(Some(Credential::RefreshToken(token.into()))),
        (Some(name), None) => bail!("a password is needed for {name}: give --password-stdin or --password"),
    }
}

/// Docker's configuration, or the file given in its place.
pub(crate) fn configured(place: &Place) -> anyhow::Result<DockerConfig> {
    Ok(match &place.registry_config {
        Some(file) => DockerConfig::at(file.clone()),
        None => DockerConfig::from_environment()?,
    })
}

/// A secret from stdin, without the line end.
pub(crate) fn from_stdin() -> anyhow::Result<String> {
    let mut secret = String::new();
    std::io::stdin()
        .take(64 * 1024)
        .read_to_string(&mut secret)
        .context("cannot read the password from stdin")?;
    Ok(secret.trim_end_matches(['\r', '\n']).to_owned())
}
