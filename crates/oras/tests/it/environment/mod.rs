//! What the files of podman, skopeo and docker make of a client.

mod endpoints;
mod policy;
#[cfg(feature = "tls")]
mod tls;

use oras::Environment;
use oras::config::{Environment as Config, Roots};
use oras::content::ErrorChain;
use tempfile::TempDir;

/// The environment of a machine that has these files below `/etc`.
fn environment(files: &[(&str, &str)]) -> (Environment, TempDir) {
    let etc = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = etc.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let config = Config::detect(&Roots::new(etc.path())).unwrap();
    (Environment::new(config), etc)
}

/// All that an error says.
fn told(error: &oras::Error) -> String {
    ErrorChain(error).to_string()
}
