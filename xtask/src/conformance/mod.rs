//! `cargo xtask conformance`: the protocol suite, against the selected registry.

mod embedded;
mod official;
mod way;

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Args;

use oras_protocol_suite::{
    Case, Client, Expected, Login, OFFICIAL, Protocol, Row, Target, Trust, cases, judge, junit, report,
};

use crate::docker_registry::DockerRegistry;

/// The name of runs against Debian's docker-registry.
const DOCKER_REGISTRY: &str = "docker-registry 2.8.2";

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
    /// Options for the embedded registry.
    pub(crate) fn embedded() -> Self {
        Self::default()
    }

    /// Options for docker-registry.
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
            std::fs::write(file, junit(&rows)).with_context(|| format!("cannot write {}", file.display()))?;
        }
        judge(&rows)?;
        println!("\nAll {} cases turned out as they should.", rows.len());
        Ok(())
    }

    async fn rows(&self) -> anyhow::Result<Vec<Row>> {
        if let Some(program) = &self.official {
            let rows = official::run(program).await?;
            show(OFFICIAL, &rows);
            return Ok(rows);
        }
        let cases = self.cases()?;
        if self.docker_registry {
            return self::docker_registry(&cases).await;
        }
        match &self.registry {
            Some(url) => self.other(url, &cases).await,
            None => embedded::run_all(&cases, show).await,
        }
    }

    fn cases(&self) -> anyhow::Result<Vec<Case>> {
        let mut cases = cases();
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
        let target = Target::new(url, client, Expected::Unknown).with_prefix(&self.repository);
        let rows = target.run(&cases.iter().collect::<Vec<_>>()).await;
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
    print!("{}", report(target, rows));
}

/// Runs the cases against a docker-registry with deletion enabled.
async fn docker_registry(cases: &[Case]) -> anyhow::Result<Vec<Row>> {
    let registry = DockerRegistry::start()?;
    let client = Client::new(&registry.url(), None, &Trust::default(), Protocol::Http1)?;
    let target = Target::new(DOCKER_REGISTRY, client, Expected::docker_registry());
    let rows = target.run(&cases.iter().collect::<Vec<_>>()).await;
    show(DOCKER_REGISTRY, &rows);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::Conformance;

    #[test]
    fn an_empty_filter_is_refused() {
        let conformance = Conformance {
            filter: "no-such-area/".into(),
            ..Conformance::default()
        };
        assert!(conformance.cases().is_err());
    }
}
