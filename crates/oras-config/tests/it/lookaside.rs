//! `registries.d`: where signatures are. The examples are those of containers-registries.d(5).

use oras_config::{Environment, Error, Lookaside, Lookasides, Topic};

use crate::folders::Folders;

fn find(text: &str, reference: &str) -> Lookaside {
    let lookasides = Lookasides::parse("x.yaml", text).unwrap();
    lookasides.find(&reference.parse().unwrap())
}

fn urls(found: &Lookaside) -> (Option<&str>, Option<&str>) {
    (
        found.read.as_ref().map(|said| said.value.as_str()),
        found.write.as_ref().map(|said| said.value.as_str()),
    )
}

const MANUAL: &str = "
default-docker:
    lookaside-staging: file:///mnt/company/lookaside
docker:
    privateregistry.com:
        lookaside: https://privateregistry.com/sigstore/
    docker.io/contoso:
        sigstore: https://contoso.com/sigstore
        sigstore-staging: file:///mnt/webdav/contoso
    docker.io/contoso/mystery:
        lookaside: https://mystery.example
        use-sigstore-attachments: true
    '*.example.com':
        use-sigstore-attachments: false
";

#[test]
fn the_most_specific_namespace_that_says_something_counts() {
    let company = Some("file:///mnt/company/lookaside");
    let contoso = (
        Some("https://contoso.com/sigstore"),
        Some("file:///mnt/webdav/contoso"),
    );
    let private = Some("https://privateregistry.com/sigstore/");
    let mystery = Some("https://mystery.example");
    for (reference, expected, attachments) in [
        ("quay.io/a/b:v1", (None, company), None),
        ("privateregistry.com/a:v1", (private, private), None),
        ("privateregistry.com:5000/a:v1", (None, company), None),
        ("docker.io/contoso/app:v1", contoso, None),
        ("docker.io/contosomore/app:v1", (None, company), None),
        ("docker.io/contoso/mystery:v1", (mystery, mystery), Some(true)),
        ("a.example.com/app:v1", (None, company), Some(false)),
    ] {
        let found = find(MANUAL, reference);
        assert_eq!(urls(&found), expected, "{reference}");
        assert_eq!(
            found.attachments.map(|said| said.value),
            attachments,
            "{reference}"
        );
    }
    let line = find(MANUAL, "docker.io/contoso/mystery:v1")
        .attachments
        .unwrap()
        .at;
    assert_eq!(line.to_string(), "x.yaml:12");
}

#[test]
fn the_newer_name_goes_before_the_older_one() {
    let text = "docker:\n  r.example:\n    sigstore: https://old\n    lookaside: https://new\n";
    assert_eq!(
        urls(&find(text, "r.example/a:v1")),
        (Some("https://new"), Some("https://new"))
    );
}

#[test]
fn files_that_say_nothing_are_read() {
    for text in [
        "",
        "# nothing\n",
        "docker:\n",
        "default-docker: {}\ndocker: ~\n",
        "docker:\n  r.example:\n",
    ] {
        assert_eq!(find(text, "r.example/a:v1"), Lookaside::default(), "{text}");
    }
}

#[test]
fn what_is_not_understood_is_refused_by_file_and_line() {
    for (text, line) in [
        ("docker:\n  r.example:\n    lookasides: https://x\n", 3),
        ("docker: {}\nother: {}\n", 2),
        ("docker:\n  r.example:\n    lookaside: ftp://x\n", 3),
        ("docker:\n  r.example:\n    lookaside: {}\n", 3),
        ("docker:\n  r.example:\n    use-sigstore-attachments: yes\n", 3),
        ("docker:\n  r.example:\n    use-sigstore-attachments: 'true'\n", 3),
        ("docker:\n  r.example: https://x\n", 2),
        ("docker: r.example\n", 1),
        ("docker:\n  - r.example\n", 2),
        ("docker:\n  a: {}\n  a: {}\n", 3),
        ("docker:\n  a: &x {}\n  b: *x\n", 3),
        ("docker: {}\n---\ndocker: {}\n", 2),
        ("docker: {\n", 2),
        ("a: {a: {a: {a: {a: {a: {a: {a: {a: {}}}}}}}}}", 1),
    ] {
        let error = Lookasides::parse("x.yaml", text).unwrap_err();
        let at = error.origin().unwrap();
        assert_eq!(
            (at.file.to_str(), at.line),
            (Some("x.yaml"), Some(line)),
            "{text}: {error}"
        );
    }
}

/// The folder of the user stands for that of the system; files other than `*.yaml` are not read.
#[test]
fn one_folder_counts_and_two_files_may_not_say_the_same() {
    let system = "docker:\n  r.example:\n    lookaside: https://system\n";
    let folders = Folders::new().with("etc/containers/registries.d/a.yaml", system);
    let reference = "r.example/a:v1".parse().unwrap();
    let read = |folders: &Folders| Lookasides::load(&folders.roots()).map(|all| all.find(&reference));
    assert_eq!(urls(&read(&folders).unwrap()).0, Some("https://system"));

    let folders = folders.with("user/containers/registries.d/a.yaml", "docker:\n");
    let folders = folders.with("user/containers/registries.d/b.yml", "other: {}\n");
    assert_eq!(read(&folders).unwrap(), Lookaside::default());

    let folder = "user/containers/registries.d";
    for text in ["docker:\n  r.example:\n", "default-docker: {}\n"] {
        let twice = Folders::new().with(&format!("{folder}/a.yaml"), text);
        let error = read(&twice.with(&format!("{folder}/b.yaml"), text)).unwrap_err();
        assert!(
            matches!(&error, Error::Value { reason, .. } if reason.contains("a.yaml:")),
            "{error}"
        );
        assert!(error.origin().unwrap().file.ends_with("b.yaml"), "{error}");
    }
}

#[test]
fn an_explanation_tells_where_signatures_are() {
    let folders = Folders::new().with("etc/containers/registries.d/a.yaml", MANUAL);
    let environment = Environment::detect(&folders.roots()).unwrap();
    let explanation = environment.explain(&"docker.io/contoso/mystery:v1".parse().unwrap());
    let told = explanation
        .decisions
        .iter()
        .filter(|it| it.topic == Topic::Signatures);
    let told: Vec<String> = told
        .map(|it| {
            let line = it.decided_by.as_ref().unwrap().line.unwrap();
            format!("{}:{line}", it.text)
        })
        .collect();
    assert_eq!(
        told,
        [
            "read below https://mystery.example:11",
            "written below https://mystery.example:11",
            "attachments of sigstore are used:12"
        ]
    );
    // Nothing else depends on it.
    let broken = Folders::new().with("etc/containers/registries.d/a.yaml", "other: {}\n");
    let environment = Environment::detect(&broken.roots()).unwrap();
    let explanation = environment.explain(&"r.example/a:v1".parse().unwrap());
    let refused = explanation
        .decisions
        .iter()
        .find(|it| it.topic == Topic::Refused)
        .unwrap();
    assert!(refused.to_string().contains("a.yaml:1: other"), "{refused}");
    assert!(explanation.decisions.iter().any(|it| it.topic == Topic::Location));
}
