//! The default credential helper of a platform.

use std::env;
use std::path::PathBuf;

use crate::helper_program::find;

/// The default helper of docker and oras on this platform, if its program is in one of `folders`, or in `PATH`.
pub(crate) fn default_helper(folders: Option<&[PathBuf]>) -> Option<&'static str> {
    helper_on(env::consts::OS, |program| find(program, folders).is_some())
}

fn helper_on(os: &str, is_there: impl Fn(&str) -> bool) -> Option<&'static str> {
    let name = match os {
        "linux" if is_there("pass") => "pass",
        "linux" => "secretservice",
        "macos" => "osxkeychain",
        "windows" => "wincred",
        _ => return None,
    };
    is_there(&format!("docker-credential-{name}")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::helper_on;

    #[test]
    fn each_platform_has_its_own() {
        let pass = &["docker-credential-pass", "pass"][..];
        let secrets = &["docker-credential-secretservice"][..];
        for (os, programs, helper) in [
            ("linux", pass, Some("pass")),
            ("linux", secrets, Some("secretservice")),
            ("linux", &pass[..1], None),
            // If pass is installed, it is the default, and here its helper is missing.
            ("linux", &["pass", "docker-credential-secretservice"], None),
            ("macos", &["docker-credential-osxkeychain"], Some("osxkeychain")),
            ("macos", secrets, None),
            ("windows", &["docker-credential-wincred"], Some("wincred")),
            ("freebsd", secrets, None),
        ] {
            let found = helper_on(os, |program| programs.contains(&program));
            assert_eq!(found, helper, "{os} {programs:?}");
        }
    }
}
