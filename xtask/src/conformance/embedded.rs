//! The embedded registry, in each way of serving it.

use anyhow::Context;
use oras_protocol_suite::{Case, Client, Difference, Expected, Login, Row, Target, Trust};
use oras_server::Server;

use super::way::{WAYS, Way};

/// Cases that do not pass anywhere yet.
const NOT_YET: [Difference; 0] = [];

/// Runs the cases against each way of serving; `show` is called after each.
pub(crate) async fn run_all(cases: &[Case], show: impl Fn(&str, &[Row])) -> anyhow::Result<Vec<Row>> {
    let mut all = Vec::new();
    for way in WAYS {
        let wanted: Vec<&Case> = cases
            .iter()
            .filter(|case| way.cases.iter().any(|start| case.id.starts_with(start)))
            .collect();
        if wanted.is_empty() {
            continue;
        }
        let rows = way.run(&wanted).await?;
        show(way.name, &rows);
        all.extend(rows);
    }
    Ok(all)
}

impl Way {
    async fn run(&self, cases: &[&Case]) -> anyhow::Result<Vec<Row>> {
        let folder = tempfile::tempdir().context("cannot make a folder for a registry")?;
        let setup = (self.setup)(folder.path())?;
        let server = Server::start(setup.options).await?;
        let mut trust = Trust::default();
        if let Some(root) = server.trust_root() {
            trust = trust.with_roots(root);
        }
        if let Some(identity) = &setup.identity {
            trust = trust.with_identity(identity.certificate(), identity.key());
        }
        let login = self.with_login.then(|| Login::new("ann", "open sesame"));
        let client = Client::new(&server.url(), login, &trust, self.protocol)?;
        let mut target = Target::new(self.name, client, self.expected());
        if self.with_login {
            target = target.with_reader(Login::new("reader", "may only look"));
        }
        let rows = target.run(cases).await;
        server.shutdown().await;
        Ok(rows)
    }

    fn expected(&self) -> Expected {
        Expected::Exactly(self.off.iter().chain(&NOT_YET).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use oras_protocol_suite::cases;

    use super::WAYS;

    #[test]
    fn every_difference_is_about_a_case() {
        let cases = cases();
        let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
        for way in WAYS {
            assert_eq!(way.expected().unmatched(&ids), [""; 0], "{}", way.name);
        }
    }
}
