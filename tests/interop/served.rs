//! `oras registry serve`, used by programs that are not ours.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use oras_tests::{Work, fails, succeeds};

use crate::docker_registry::USERS;
use crate::skopeo::image;

const LOGIN: &str = "ann:open sesame";

/// A registry with TLS on a free port, killed when it is dropped.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    /// Starts it with the certificate `tls.crt`, and `more` arguments.
    fn start(work: &Work, more: &[&str]) -> Self {
        let mut arguments = vec!["registry", "serve", "--addr", "127.0.0.1:0"];
        arguments.extend(["--tls-cert", "tls.crt", "--tls-key", "tls.key"]);
        arguments.extend(more);
        let mut child = work.oras(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut address).unwrap();
        Self {
            child,
            address: address.trim().to_owned(),
        }
    }

    fn image(&self, name: &str) -> String {
        format!("docker://{}/{name}", self.address)
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn openssl(work: &Work, arguments: &str) {
    let arguments: Vec<_> = arguments.split(' ').collect();
    succeeds(&mut work.command("openssl", &arguments));
}

/// Writes `certs/ca.crt`, and what it vouches for: `tls.crt` for this machine and `certs/client.cert`, both with keys. The
/// keys are of the kinds that are not usual here: RSA in PKCS #1 and an elliptic curve in SEC 1.
fn certificates(work: &Work) {
    std::fs::create_dir_all(work.path("certs")).unwrap();
    std::fs::write(work.path("server.ext"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    std::fs::write(work.path("client.ext"), "extendedKeyUsage=clientAuth\n").unwrap();
    openssl(
        work,
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=root -keyout ca.key -out certs/ca.crt",
    );
    openssl(work, "genrsa -traditional -out tls.key 2048");
    openssl(
        work,
        "ecparam -name prime256v1 -genkey -noout -out certs/client.key",
    );
    for (key, name, certificate, extensions) in [
        ("tls.key", "server", "tls.crt", "server.ext"),
        ("certs/client.key", "ann", "certs/client.cert", "client.ext"),
    ] {
        openssl(
            work,
            &format!("req -new -key {key} -subj /CN={name} -out request"),
        );
        openssl(
            work,
            &format!(
                "x509 -req -in request -CA certs/ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile {extensions} -out {certificate}"
            ),
        );
    }
}

fn skopeo_with_a_login(more: &[&str]) {
    let work = Work::new().unwrap();
    certificates(&work);
    image(&work, "ours", "amd64");
    std::fs::write(work.path("users"), USERS).unwrap();
    let served = Served::start(&work, &[&["--htpasswd", "users"][..], more].concat());
    let app = served.image("team/app:v1");
    let skopeo = |arguments: &[&str]| work.command("skopeo", arguments);
    let push = |login: &str, from: &str, to: &str| {
        skopeo(&[
            "copy",
            "--insecure-policy",
            "--preserve-digests",
            "--dest-cert-dir=certs",
            "--dest-creds",
            login,
            from,
            to,
        ])
    };
    fails(&mut push("ann:wrong", "oci:ours:v1", &app));
    succeeds(&mut push(LOGIN, "oci:ours:v1", &app));
    let ours = succeeds(&mut work.oras(&["resolve", "--oci-layout", "ours:v1"]));
    let asked = ["--cert-dir=certs", "--creds", LOGIN];
    let inspected = succeeds(&mut skopeo(&[&["inspect"][..], &asked, &[&app]].concat()));
    assert!(inspected.contains(ours.trim()), "{inspected}");
    let tags = succeeds(&mut skopeo(
        &[&["list-tags"][..], &asked, &[&served.image("team/app")]].concat(),
    ));
    assert!(tags.contains("\"v1\""), "{tags}");
    succeeds(&mut skopeo(&[
        "copy",
        "--insecure-policy",
        "--preserve-digests",
        "--src-cert-dir=certs",
        "--src-creds",
        LOGIN,
        &app,
        "oci:theirs:v1",
    ]));
    let theirs = succeeds(&mut work.oras(&["resolve", "--oci-layout", "theirs:v1"]));
    assert_eq!(ours, theirs);
    succeeds(&mut skopeo(&[&["delete"][..], &asked, &[&app]].concat()));
    fails(&mut skopeo(&[&["inspect"][..], &asked, &[&app]].concat()));
    fails(&mut skopeo(&["inspect", "--creds", LOGIN, &app]));
}

#[test]
#[ignore = "needs skopeo and openssl"]
fn skopeo_pushes_and_pulls_with_a_password() {
    skopeo_with_a_login(&[]);
}

#[test]
#[ignore = "needs skopeo and openssl"]
fn skopeo_pushes_and_pulls_with_a_token() {
    skopeo_with_a_login(&["--token-auth"]);
}

#[test]
#[ignore = "needs skopeo and openssl"]
fn skopeo_shows_its_certificate() {
    let work = Work::new().unwrap();
    certificates(&work);
    image(&work, "ours", "amd64");
    let served = Served::start(&work, &["--tls-client-ca", "certs/ca.crt"]);
    let push = |certificates: &str| {
        work.command(
            "skopeo",
            &[
                "copy",
                "--insecure-policy",
                certificates,
                "oci:ours:v1",
                &served.image("app:v1"),
            ],
        )
    };
    std::fs::create_dir_all(work.path("roots")).unwrap();
    std::fs::copy(work.path("certs/ca.crt"), work.path("roots/ca.crt")).unwrap();
    fails(&mut push("--dest-cert-dir=roots"));
    succeeds(&mut push("--dest-cert-dir=certs"));
}

#[test]
#[ignore = "needs curl and openssl"]
fn curl_agrees_on_http_2_and_shows_its_certificate() {
    let work = Work::new().unwrap();
    certificates(&work);
    let served = Served::start(&work, &["--tls-client-ca", "certs/ca.crt"]);
    let url = served.url("/v2/");
    let ask = |more: &[&str]| {
        let asked = [
            "-sS",
            "--cacert",
            "certs/ca.crt",
            "-w",
            "%{http_version} %{http_code}",
            "-o",
            "answer",
        ];
        work.command("curl", &[&asked[..], more, &[&url]].concat())
    };
    let shown = ["--cert", "certs/client.cert", "--key", "certs/client.key"];
    let with = |more: &[&str]| ask(&[&shown[..], more].concat());
    assert_eq!(succeeds(&mut with(&["--http2"])), "2 200");
    assert_eq!(succeeds(&mut with(&["--http1.1"])), "1.1 200");
    assert_eq!(succeeds(&mut with(&["--no-alpn"])), "1.1 200");
    assert_eq!(succeeds(&mut with(&["--tls-max", "1.2"])), "2 200");
    fails(&mut with(&["--tls-max", "1.1"]));
    fails(&mut ask(&[]));
    let plain = url.replace("https", "http");
    fails(&mut work.command("curl", &["-sS", &plain]));
}

#[test]
#[ignore = "needs curl and openssl"]
fn curl_gets_a_token_with_a_form() {
    let work = Work::new().unwrap();
    certificates(&work);
    std::fs::write(work.path("users"), USERS).unwrap();
    let served = Served::start(&work, &["--htpasswd", "users", "--token-auth"]);
    let curl = |arguments: &[&str]| {
        let asked = ["-sS", "--fail", "--cacert", "certs/ca.crt"];
        work.command("curl", &[&asked[..], arguments].concat())
    };
    let fields = [
        "grant_type=password",
        "username=ann",
        "password=open sesame",
        "service=x",
        "client_id=curl",
        "scope=repository:new:push,pull",
    ];
    let form: Vec<_> = fields
        .iter()
        .flat_map(|field| ["--data-urlencode", field])
        .collect();
    let answer = succeeds(&mut curl(&[&form[..], &[&served.url("/token")]].concat()));
    let document: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let bearer = format!(
        "Authorization: Bearer {}",
        document["access_token"].as_str().unwrap()
    );
    let uploads = served.url("/v2/new/blobs/uploads/");
    succeeds(&mut curl(&["-X", "POST", "-H", &bearer, &uploads]));
    fails(&mut curl(&["-X", "POST", &uploads]));
}
