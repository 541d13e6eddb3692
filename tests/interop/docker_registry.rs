//! docker-registry, started on a free port for a test.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use oras_tests::Work;

/// `ann`, with the password `open sesame`.
pub(crate) const USERS: &str = "ann:$2b$05$RXo/V5ZXsfUj9.qmI.Un3ek.OEnsHgL9Fkq8RpOOFA3F3uWWlwwX2\n";

pub(crate) struct DockerRegistry {
    child: Child,
    pub(crate) address: String,
}

impl DockerRegistry {
    pub(crate) fn start(work: &Work) -> Self {
        Self::with(work, "")
    }

    /// One that knows the user `ann` with the password `open sesame`, and nobody else.
    pub(crate) fn with_users(work: &Work) -> Self {
        let file = work.path("htpasswd");
        std::fs::write(&file, USERS).unwrap();
        Self::with(
            work,
            &format!(
                "auth:\n  htpasswd:\n    realm: test\n    path: {}\n",
                file.display()
            ),
        )
    }

    /// One that takes tokens which the server at `address` signs with the key of `cert.pem`.
    pub(crate) fn with_tokens(work: &Work, address: &str) -> Self {
        let file = work.path("cert.pem");
        let more = format!(
            "auth:\n  token:\n    realm: http://{address}/token\n    service: registry.test\n    issuer: issuer.test\n    rootcertbundle: {}\n",
            file.display()
        );
        Self::with(work, &more)
    }

    fn with(work: &Work, more: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let data = work.path(&format!("registry-{}", address.rsplit(':').next().unwrap()));
        let config = data.with_extension("yml");
        let text = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\nhttp:\n  addr: {address}\n{more}",
            data.display()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = work.command("docker-registry", &["serve", &config.display().to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.expect("docker-registry is installed: apt-get install docker-registry");
        let registry = Self { child, address };
        registry.wait();
        registry
    }

    fn wait(&self) {
        for _ in 0..400 {
            if TcpStream::connect(&self.address).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("docker-registry does not listen on {}", self.address);
    }

    pub(crate) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
