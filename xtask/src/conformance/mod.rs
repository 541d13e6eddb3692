//! `cargo xtask conformance`: does a registry keep to distribution-spec 1.1.1, and to the draft after it?
//!
//! Raw HTTP, and nothing of the client crates, so that a test never shares a mistake with what is tested.

mod answer;
mod case;
mod cases;
mod client;
mod content;
mod docker_registry;
mod embedded;
mod expected;
mod junit;
mod kind;
mod login;
mod official;
mod report;
mod request;
mod run;
mod session;
mod trial;
mod trust;
mod way;

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use clap::Args;

use case::Case;
use client::{Client, Protocol};
use expected::Expected;
use login::Login;
use run::{Row, Target};
use trust::Trust;

#[derive(Args, Default)]
pub(crate) struct Conformance {
    /// Against Debian's docker-registry 2.8.2, whose differences are known
    #[arg(long, group = "target")]
    docker_registry: bool,

    /// Against the registry at this address, a scheme, a host and perhaps a port; it gets new repositories
    #[arg(long, value_name = "URL", group = "target")]
    registry: Option<String>,

    /// Run the specification's own suite, the program at this path, against the embedded registry
    #[arg(long, value_name = "PROGRAM", group = "target")]
    official: Option<PathBuf>,

    /// Who logs in at the registry
    #[arg(long, requires = "registry", requires = "password_stdin")]
    username: Option<String>,

    /// Read the password from stdin
    #[arg(long, requires = "username")]
    password_stdin: bool,

    /// Trust these certificates, too
    #[arg(long, value_name = "FILE", requires = "registry")]
    ca_file: Option<PathBuf>,

    /// What the names of the new repositories start with
    #[arg(
        long,
        value_name = "NAME",
        requires = "registry",
        default_value = "conformance"
    )]
    repository: String,

    /// Run only cases whose ids start like this
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    filter: String,

    /// Write the outcomes as JUnit XML, too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Conformance {
    /// Against the embedded registry.
    pub(crate) fn embedded() -> Self {
        Self::default()
    }

    /// Against docker-registry.
    pub(crate) fn docker_registry() -> Self {
        Self {
            docker_registry: true,
            ..Self::default()
        }
    }

    pub(crate) fn run(self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
        let rows = runtime.block_on(self.rows())?;
        if let Some(file) = &self.junit {
            std::fs::write(file, junit::document(&rows))
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        judge(&rows)
    }

    async fn rows(&self) -> anyhow::Result<Vec<Row>> {
        if let Some(program) = &self.official {
            let rows = official::run(program).await?;
            show(official::NAME, &rows);
            return Ok(rows);
        }
        let cases = self.cases()?;
        if self.docker_registry {
            let rows = docker_registry::run_all(&cases).await?;
            show(docker_registry::NAME, &rows);
            return Ok(rows);
        }
        match &self.registry {
            Some(url) => self.other(url, &cases).await,
            None => embedded::run_all(&cases, show).await,
        }
    }

    fn cases(&self) -> anyhow::Result<Vec<Case>> {
        let mut cases = cases::all();
        cases.retain(|case| case.id.starts_with(&self.filter));
        ensure!(
            !cases.is_empty(),
            "no case has an id that starts with {}",
            self.filter
        );
        Ok(cases)
    }

    async fn other(&self, url: &str, cases: &[Case]) -> anyhow::Result<Vec<Row>> {
        let mut trust = Trust::default();
        if let Some(file) = &self.ca_file {
            let roots = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            trust = trust.with_roots(roots);
        }
        let client = Client::new(url, self.login()?, &trust, Protocol::Http1)?;
        let mut target = Target::new(url, client, Expected::Unknown);
        target.prefix.clone_from(&self.repository);
        let cases: Vec<&Case> = cases.iter().collect();
        let rows = run::run(&target, &cases).await;
        show(url, &rows);
        Ok(rows)
    }

    fn login(&self) -> anyhow::Result<Option<Login>> {
        let Some(name) = &self.username else {
            return Ok(None);
        };
        let mut password = String::new();
        std::io::stdin()
            .read_to_string(&mut password)
            .context("cannot read the password")?;
        Ok(Some(Login::new(name, password.trim_end_matches(['\r', '\n']))))
    }
}

fn show(target: &str, rows: &[Row]) {
    print!("{}", report::report(target, rows));
}

/// The end: an error where anything did not turn out as it should, or nothing was found out.
fn judge(rows: &[Row]) -> anyhow::Result<()> {
    let bad = rows.iter().filter(|row| row.is_bad()).count();
    if bad > 0 {
        bail!("{bad} of {} cases did not turn out as they should", rows.len());
    }
    ensure!(
        rows.iter().any(|row| row.outcome == case::Outcome::Pass),
        "no case passed"
    );
    println!("\nAll {} cases turned out as they should.", rows.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use oras_server::{Fault, Redirect, Route, Server, ServerOptions, To, User, Users};

    use super::*;

    /// The rows of some cases against a registry.
    async fn rows(server: &Server, start: &str) -> Vec<Row> {
        rows_as(server, None, start).await
    }

    async fn rows_as(server: &Server, login: Option<Login>, start: &str) -> Vec<Row> {
        let mut cases = cases::all();
        cases.retain(|case| case.id.starts_with(start));
        let client = Client::new(&server.url(), login, &Trust::default(), Protocol::Http1).unwrap();
        let target = Target::new("test", client, Expected::Exactly(Vec::new()));
        run::run(&target, &cases.iter().collect::<Vec<_>>()).await
    }

    #[tokio::test]
    async fn a_registry_that_is_right_passes() {
        let server = Server::start(ServerOptions::default()).await.unwrap();
        let rows = rows(&server, "blob/pull/").await;
        assert!(rows.len() > 10);
        judge(&rows).unwrap();
    }

    #[tokio::test]
    async fn a_registry_that_is_broken_makes_the_run_fail() {
        let faults = [
            Fault::flip(0).on_route(Route::Blob),
            Fault::truncate(10).on_route(Route::Blob),
            Fault::status(500).on_route(Route::Blob),
            Fault::html().on_route(Route::Blob),
        ];
        for fault in faults {
            let server = Server::start(ServerOptions::default()).await.unwrap();
            server.inject(fault.always());
            let error = judge(&rows(&server, "blob/pull/encoded-colon").await).unwrap_err();
            assert!(error.to_string().contains("1 of 1 cases"), "{error}");
        }
    }

    /// The other origin refuses whoever shows it a login.
    #[tokio::test]
    async fn a_redirect_to_another_origin_is_followed_without_the_login() {
        let users = Users::new().with_user(User::new("ann", "open sesame"));
        let options = ServerOptions::default()
            .with_users(users)
            .with_second_origin(true);
        let server = Server::start(options).await.unwrap();
        let redirect = Redirect::new(307, To::SecondOrigin);
        server.inject(Fault::redirect(redirect).on_route(Route::Blob).always());
        let login = Login::new("ann", "open sesame");
        judge(&rows_as(&server, Some(login), "blob/pull/get").await).unwrap();
        let entries = server.second_origin().unwrap().journal().entries();
        assert_eq!(entries.len(), 2);
    }

    #[tokio::test]
    async fn a_case_that_is_skipped_by_surprise_makes_the_run_fail() {
        let server = Server::start(ServerOptions::default().with_delete(false))
            .await
            .unwrap();
        assert!(judge(&rows(&server, "delete/blob").await).is_err());
    }

    #[tokio::test]
    async fn a_run_in_which_nothing_is_found_out_fails() {
        let server = Server::start(ServerOptions::default()).await.unwrap();
        let mut rows = rows(&server, "base/warning-form").await;
        for row in &mut rows {
            row.verdict = Expected::Unknown.weigh(&row.id, &row.outcome);
        }
        assert!(judge(&rows).unwrap_err().to_string().contains("no case passed"));
    }

    #[test]
    fn an_empty_filter_is_refused() {
        let conformance = Conformance {
            filter: "no-such-area/".into(),
            ..Conformance::default()
        };
        assert!(conformance.cases().is_err());
    }
}
