//! Common mistakes: the exact message and exit code of each.
//!
//! `REG` is a registry, `AUTH` one that requires a login, `FREE` an address where nobody listens.

use std::collections::BTreeMap;

use oras_server::{Route, ServerOptions, User, Users};
use oras_server_faults::Fault;

use crate::run::World;

const ABSENT: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

struct Setting {
    open: World,
    auth: World,
    names: BTreeMap<&'static str, String>,
}

impl Setting {
    fn new() -> Self {
        let open = World::new();
        let users = Users::new().with_user(User::new("ann", "open sesame"));
        let auth = World::with(ServerOptions::default().with_users(users));
        open.push_hello("app:v1");
        open.oras(&["cp", &open.at("app:v1"), "--to-oci-layout", "lay:v1"]);
        open.oras(&["cp", &open.at("app:v1"), "--to-oci-layout", "there.tar:v1"]);
        open.oras(&["cp", &open.at("app:v1"), "--to-oci-layout", "incomplete:v1"]);
        let layer = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        std::fs::remove_file(open.path(&format!("incomplete/blobs/sha256/{layer}"))).unwrap();
        let layer = layer.replace("2cf24", "00000");
        open.write("headless/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
        let entry = format!(
            "{{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"digest\":\"sha256:{layer}\",\"size\":9}}"
        );
        open.write(
            "headless/index.json",
            format!("{{\"schemaVersion\":2,\"manifests\":[{entry}]}}"),
        );
        open.oras(&[
            "push",
            &open.at("absolute:v1"),
            "/etc/hostname",
            "--disable-path-validation",
        ]);
        open.write("a.txt", "a");
        open.write("bad.json", "{");
        open.write("large.json", vec![b' '; (4 << 20) + 1]);
        open.write("lists.json", "{\"$manifest\": [1]}");
        open.write("folder/inside.txt", "i");
        open.write("damaged/oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
        open.write("damaged/index.json", "[]");
        open.write("old/oci-layout", "{\"imageLayoutVersion\":\"0.9.0\"}");
        open.write("no.pem", "no certificate");
        open.oras(&["cp", &open.at("app:v1"), &open.at("team/db:v1")]);
        open.oras(&["backup", &open.at("app"), &open.at("team/db"), "-o", "many"]);
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let free = free.local_addr().unwrap().to_string();
        let names = BTreeMap::from([
            ("REG", open.registry()),
            ("AUTH", auth.registry()),
            ("FREE", free),
        ]);
        Self { open, auth, names }
    }

    fn filled(&self, text: &str) -> String {
        let names = self.names.iter().chain([]);
        let text = names.fold(text.to_owned(), |text, (name, value)| text.replace(name, value));
        text.replace("ABSENT", ABSENT)
    }

    /// Runs a command and returns its output, with placeholders in place of the test's own names.
    fn read(&self, line: &str) -> (i32, String) {
        let arguments: Vec<String> = line.split(' ').map(|word| self.filled(word)).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = self.open.run(&arguments);
        let said = ran.stderr.lines().last().unwrap_or_default().to_owned();
        let said = self
            .names
            .iter()
            .fold(said, |said, (name, value)| said.replace(value.as_str(), name));
        let folder = self.open.path("").display().to_string();
        let said = said.replace(ABSENT, "ABSENT").replace(&folder, "HOME/");
        (ran.code, without_digests(&said))
    }
}

/// Replaces every other digest in `text` with `DIGEST`, because some depend on the time.
fn without_digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        match digits == 64 {
            true => shown.push_str(&format!("DIGEST{}", &part[64..])),
            false => shown.push_str(&format!("sha256:{part}")),
        }
    }
    shown
}

fn table() -> Vec<(&'static str, i32, &'static str)> {
    include!("mistakes.in")
}

#[test]
fn every_mistake_is_told_in_words_that_help() {
    let setting = Setting::new();
    let denied = Fault::status(403).on_route(Route::Tags).always();
    setting.open.server().inject(denied);
    setting.auth.write("unused", "");
    let table = table();
    let mut wrong = Vec::new();
    for (line, code, text) in &table {
        let (found, said) = setting.read(line);
        if (found, said.as_str()) != (*code, *text) {
            wrong.push(format!("(\"{line}\", {found}, {said:?}),"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(table.len() >= 60, "{}", table.len());
}
