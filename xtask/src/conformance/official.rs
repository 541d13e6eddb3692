//! Runs the specification's own suite against the embedded registry, and reads its results.
//!
//! These assumptions about the program come from its sources after the rewrite of late 2025. It is configured by environment
//! variables: `OCI_REGISTRY` (host and port), `OCI_TLS` (`disabled` for plain HTTP), `OCI_REPO1` and `OCI_REPO2`,
//! `OCI_VERSION` (`dev` for the draft after 1.1), `OCI_DATA_SPARSE`, and `OCI_RESULTS_DIR`. It also reads a file
//! `oci-conformance.yaml` in its working folder, so it runs in an empty one. It writes `results.yaml`, which
//! [`official_rows`] reads. If it cannot read its configuration, it ends with exit code 0 and without results, so neither
//! the code nor the results are trusted alone.

use std::path::Path;
use std::process::{Command, ExitStatus};

use anyhow::{Context, bail, ensure};
use oras_protocol_suite::{Outcome, Row, official_rows};
use oras_server::{Server, ServerOptions};

const RESULTS: &str = "results.yaml";

/// Runs the program and reads its results.
pub(crate) async fn run(program: &Path) -> anyhow::Result<Vec<Row>> {
    let program = program
        .canonicalize()
        .with_context(|| format!("there is no {}", program.display()))?;
    let folder = tempfile::tempdir().context("cannot make a folder for the results")?;
    // Its profile for the draft pushes manifests with missing children.
    let server = Server::start(ServerOptions::default().with_sparse(true)).await?;
    let mut command = command(&program, folder.path(), &server.registry());
    let status = tokio::task::spawn_blocking(move || command.status()).await?;
    let status = status.with_context(|| format!("cannot run {}", program.display()))?;
    server.shutdown().await;
    results(folder.path(), status)
}

fn command(program: &Path, folder: &Path, registry: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OCI_")) {
        command.env_remove(name);
    }
    let run = format!("conformance/{:08x}", fastrand::u32(..));
    command
        .current_dir(folder)
        .env("OCI_REGISTRY", registry)
        .env("OCI_TLS", "disabled")
        .env("OCI_REPO1", format!("{run}/one"))
        .env("OCI_REPO2", format!("{run}/two"))
        .env("OCI_VERSION", "dev")
        .env("OCI_DATA_SPARSE", "true")
        .env("OCI_RESULTS_DIR", folder);
    command
}

fn results(folder: &Path, status: ExitStatus) -> anyhow::Result<Vec<Row>> {
    let text = std::fs::read_to_string(folder.join(RESULTS));
    let text =
        text.with_context(|| format!("the suite wrote no {RESULTS}, whatever it exits with ({status})"))?;
    let rows = official_rows(&text);
    let passed = rows.iter().filter(|row| row.outcome == Outcome::Pass).count();
    ensure!(passed > 0, "the suite tested nothing: {RESULTS} has no pass");
    if !status.success() && !rows.iter().any(Row::is_bad) {
        bail!("the suite failed ({status}), but {RESULTS} has no failure");
    }
    Ok(rows)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A program that stands in for the suite.
    async fn played(script: &str) -> anyhow::Result<Vec<Row>> {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("conformance");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        run(&program).await
    }

    fn writes(apis: &str, code: u8) -> String {
        format!(
            "test -n \"$OCI_REGISTRY\" && test \"$OCI_TLS\" = disabled || exit 3\n\
             cat > \"$OCI_RESULTS_DIR/results.yaml\" <<'END'\n\
             config:\n  registry: 127.0.0.1:5000\n  apis:\n    pull: true\n  data:\n    image: true\n\
             apis:\n{apis}data:\n  Image: Pass\n  \"Blobs: sha512\": Skip\nEND\nexit {code}"
        )
    }

    #[tokio::test]
    async fn results_are_read() {
        let rows = played(&writes(
            "  Tag listing: Pass\n  Blob anonymous mount: Disabled\n",
            0,
        ))
        .await
        .unwrap();
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "apis/Tag listing",
                "apis/Blob anonymous mount",
                "data/Image",
                "data/Blobs: sha512"
            ]
        );
        assert!(rows.iter().all(|row| !row.is_bad()));
        assert_eq!(rows[3].outcome, Outcome::Skipped("Skip".into()));
    }

    #[tokio::test]
    async fn a_failure_counts_whatever_the_exit_code() {
        for code in [0, 1] {
            let rows = played(&writes("  Tag listing: FAIL\n  Ping: Error\n", code))
                .await
                .unwrap();
            assert_eq!(rows.iter().filter(|row| row.is_bad()).count(), 2);
        }
    }

    #[tokio::test]
    async fn success_without_results_is_a_failure() {
        let error = played("echo failed to load config >&2; exit 0")
            .await
            .unwrap_err();
        assert!(format!("{error:#}").contains("wrote no results.yaml"));
    }

    #[tokio::test]
    async fn results_without_a_pass_are_a_failure() {
        for script in [
            ": > \"$OCI_RESULTS_DIR/results.yaml\"",
            "echo 'apis: {}' > \"$OCI_RESULTS_DIR/results.yaml\"",
        ] {
            let error = played(script).await.unwrap_err();
            assert!(format!("{error:#}").contains("tested nothing"));
        }
    }

    #[tokio::test]
    async fn an_exit_code_that_the_results_do_not_explain_is_a_failure() {
        let error = played(&writes("  Ping: Pass\n", 1)).await.unwrap_err();
        assert!(format!("{error:#}").contains("has no failure"));
    }
}
