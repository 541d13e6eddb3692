//! The jobs of `docs/jobs.md`, done with docker-registry; and those that need other programs, with the embedded registry.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use oras_tests::Work;

use crate::docker_registry::DockerRegistry;
use crate::page::{Job, jobs, write_helper};
use crate::shell::shell;

#[test]
#[ignore = "needs docker-registry, jq and openssl"]
fn every_job_works_with_docker_registry() {
    for job in jobs("docker-registry 2.8.2") {
        let work = Work::new().unwrap();
        let registry = match job.has_login() {
            true => DockerRegistry::with_users(&work),
            false => DockerRegistry::start(&work),
        };
        works(&job, &work, &registry.address);
    }
}

#[test]
#[ignore = "needs jq and openssl"]
fn jobs_with_other_programs_work_with_the_embedded_registry() {
    let jobs = jobs("the embedded registry");
    let with_others: Vec<&Job> = jobs.iter().filter(|job| job.needs_others()).collect();
    assert_eq!(with_others.len(), 2);
    for job in with_others {
        let work = Work::new().unwrap();
        let served = Served::start(&work);
        works(job, &work, &served.address);
    }
}

fn works(job: &Job, work: &Work, registry: &str) {
    write_helper(&work.path("."));
    let oras = work.oras(&[]);
    job.run(registry, |script| {
        let mut shell = shell(&work.path("."), Path::new(oras.get_program()), registry, script);
        shell.env("PASSWORD", "open sesame");
        shell
    });
}

/// `oras registry serve` on a free port, killed when it is dropped.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(work: &Work) -> Self {
        let mut serve = work.oras(&["registry", "serve", "--addr", "127.0.0.1:0"]);
        let mut child = serve.stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        Self { child, address }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
