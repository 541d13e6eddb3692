//! docker-registry that takes the tokens of a server which knows a password.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use oras_tests::{Work, fails, succeeds};

use crate::docker_registry::DockerRegistry;

/// `ann:open sesame`, as it goes over the wire.
const LOGIN: &str = "authorization: basic yw5uom9wzw4gc2vzyw1l";

/// What `program` makes of `input`.
fn piped(work: &Work, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = work.command("openssl", arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

/// Base64 as tokens have it.
fn encoded(work: &Work, bytes: &[u8]) -> String {
    let text = String::from_utf8(piped(work, &["base64", "-A"], bytes)).unwrap();
    text.trim_end_matches('=').replace('+', "-").replace('/', "_")
}

/// A server on a free port that gives out tokens, and the scopes that it was asked for.
struct TokenServer {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl TokenServer {
    fn start(work: &Arc<Work>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (work, scopes) = (Arc::clone(work), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(&work, stream.unwrap(), &scopes);
            }
        });
        Self { address, asked }
    }
}

fn answer(work: &Work, mut stream: TcpStream, asked: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let query = head
        .split(' ')
        .nth(1)
        .unwrap_or_default()
        .replace("%3A", ":")
        .replace("%2C", ",")
        .replace("%2F", "/");
    let scopes = query
        .split(['?', '&'])
        .filter_map(|pair| pair.strip_prefix("scope="));
    let scopes: Vec<String> = scopes.map(str::to_owned).collect();
    let is_ann = head.to_ascii_lowercase().contains(LOGIN);
    let (status, body) = match head.starts_with("GET") && is_ann {
        true => (
            "200 OK",
            format!(r#"{{"token":"{}","expires_in":300}}"#, token(work, &scopes)),
        ),
        false => ("401 Unauthorized", "{}".to_owned()),
    };
    asked.lock().unwrap().extend(scopes);
    let len = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).unwrap();
}

/// A token for these scopes, signed as docker-registry wants it.
///
/// Spec: distribution, "Token Authentication Implementation"; RFC 7515, section 4.1.6, "x5c".
fn token(work: &Work, scopes: &[String]) -> String {
    let certificate = std::fs::read_to_string(work.path("cert.pem")).unwrap();
    let chain: String = certificate
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let header = serde_json::json!({ "typ": "JWT", "alg": "RS256", "x5c": [chain] });
    let access = scopes.iter().filter_map(|scope| {
        let (kind, rest) = scope.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        let actions: Vec<&str> = actions.split(',').collect();
        Some(serde_json::json!({ "type": kind, "name": name, "actions": actions }))
    });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = serde_json::json!({
        "iss": "issuer.test", "sub": "ann", "aud": "registry.test", "jti": "1",
        "iat": now - 5, "nbf": now - 5, "exp": now + 300, "access": access.collect::<Vec<_>>(),
    });
    let signed = [header, claims]
        .map(|part| encoded(work, part.to_string().as_bytes()))
        .join(".");
    let signature = piped(work, &["dgst", "-sha256", "-sign", "key.pem"], signed.as_bytes());
    format!("{signed}.{}", encoded(work, &signature))
}

#[test]
#[ignore = "needs docker-registry and openssl"]
fn a_registry_with_a_token_server_is_used_with_one_login() {
    let work = Arc::new(Work::new().unwrap());
    let make =
        "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=issuer.test";
    let make: Vec<&str> = make.split(' ').collect();
    succeeds(&mut work.command("openssl", &make));
    let tokens = TokenServer::start(&work);
    let registry = DockerRegistry::with_tokens(&work, &tokens.address);
    let app = format!("{}/team/app:v1", registry.address);
    std::fs::write(work.path("a.txt"), "a").unwrap();
    fails(&mut work.oras(&["push", &app, "a.txt"]));

    let login = [
        "-u",
        "ann",
        "-p",
        "open sesame",
        "--trust-token-server",
        &tokens.address,
    ];
    let with = |words: &[&str]| work.oras(&[words, &login].concat());
    succeeds(&mut with(&["login", &registry.address]));
    tokens.asked.lock().unwrap().clear();
    succeeds(&mut with(&["push", &app, "a.txt"]));
    assert_eq!(*tokens.asked.lock().unwrap(), ["repository:team/app:pull,push"]);
    succeeds(&mut with(&[
        "attach",
        &app,
        "--artifact-type",
        "a/b",
        "-a",
        "k=v",
    ]));
    succeeds(&mut with(&["pull", &app, "-o", "out"]));
    succeeds(&mut work.command("cmp", &["a.txt", "out/a.txt"]));
    let wrong = [
        "-u",
        "ann",
        "-p",
        "wrong",
        "--trust-token-server",
        &tokens.address,
    ];
    let said = fails(&mut work.oras(&[&["pull", &app, "-o", "out2"][..], &wrong].concat()));
    assert!(said.contains("login") || said.contains("password"), "{said}");
}
