//! Which of several files counts.

use oras_config::{Error, RegistriesConfig, Roots};

use crate::folders::Folders;

const SYSTEM: &str = "etc/containers/registries.conf";
const USER: &str = "user/containers/registries.conf";

fn registry(location: &str) -> String {
    format!("[[registry]]\nprefix = \"r.test\"\nlocation = {location:?}\n")
}

fn place(folders: &Folders) -> String {
    let config = RegistriesConfig::load(&folders.roots()).unwrap();
    let plan = config.resolve(&"r.test/x:v1".parse().unwrap()).unwrap();
    plan.endpoints[0].reference.to_string()
}

#[test]
fn without_files_nothing_is_configured() {
    let folders = Folders::new();
    assert_eq!(place(&folders), "r.test/x:v1");
    assert!(
        RegistriesConfig::load(&folders.roots())
            .unwrap()
            .files()
            .is_empty()
    );
}

#[test]
fn the_file_of_the_user_replaces_the_one_of_the_system() {
    let folders = Folders::new().with(SYSTEM, &registry("system.test"));
    assert_eq!(place(&folders), "system.test/x:v1");
    let folders = folders.with(USER, &registry("user.test"));
    assert_eq!(place(&folders), "user.test/x:v1");
    let config = RegistriesConfig::load(&folders.roots()).unwrap();
    assert_eq!(config.files(), [folders.path(USER)]);
}

#[test]
fn the_file_that_is_named_replaces_both() {
    let folders = Folders::new()
        .with(SYSTEM, &registry("system.test"))
        .with(USER, &registry("user.test"))
        .with("named.conf", &registry("named.test"));
    let named = folders.roots().with_registries_conf(folders.path("named.conf"));
    let config = RegistriesConfig::load(&named).unwrap();
    assert_eq!(config.files(), [folders.path("named.conf")]);
    let absent = folders.roots().with_registries_conf(folders.path("absent.conf"));
    assert!(matches!(RegistriesConfig::load(&absent), Err(Error::Read { .. })));
}

#[test]
fn drop_ins_follow_in_order_of_their_names_and_the_users_last() {
    let folders = Folders::new()
        .with(SYSTEM, &registry("system.test"))
        .with(
            "etc/containers/registries.conf.d/20.conf",
            &registry("twenty.test"),
        )
        .with("etc/containers/registries.conf.d/10.conf", &registry("ten.test"))
        .with(
            "etc/containers/registries.conf.d/30.toml",
            &registry("no-drop-in.test"),
        );
    assert_eq!(place(&folders), "twenty.test/x:v1");
    let folders = folders.with(
        "user/containers/registries.conf.d/01.conf",
        &registry("user.test"),
    );
    assert_eq!(place(&folders), "user.test/x:v1");
}

#[test]
fn beside_a_file_of_the_user_only_the_users_drop_ins_count() {
    let folders = Folders::new()
        .with(USER, &registry("user.test"))
        .with("etc/containers/registries.conf.d/10.conf", &registry("ten.test"));
    assert_eq!(place(&folders), "user.test/x:v1");
    let folders = folders.with(
        "user/containers/registries.conf.d/10.conf",
        &registry("mine.test"),
    );
    assert_eq!(place(&folders), "mine.test/x:v1");
}

#[test]
fn a_later_table_replaces_the_whole_of_an_earlier_one() {
    let mut config = RegistriesConfig::parse(
        "a.conf",
        "[[registry]]\nlocation = 'r.test'\ninsecure = true\n[[registry.mirror]]\nlocation = 'm.test'\n\
         [[registry]]\nlocation = 'kept.test'\nblocked = true\n",
    )
    .unwrap();
    config
        .add("b.conf", "[[registry]]\nlocation = 'r.test'\n")
        .unwrap();
    let plan = config.resolve(&"r.test/x:v1".parse().unwrap()).unwrap();
    assert_eq!(plan.endpoints.len(), 1);
    assert!(!plan.endpoints[0].insecure);
    assert_eq!(
        plan.endpoints[0].decided_by.as_ref().unwrap().to_string(),
        "b.conf:1"
    );
    assert!(config.resolve(&"kept.test/x:v1".parse().unwrap()).is_err());
}

#[test]
fn lists_are_replaced_and_aliases_merged() {
    let mut config = RegistriesConfig::parse(
        "a.conf",
        "unqualified-search-registries = ['a.test', 'b.test']\ncredential-helpers = ['pass']\n\
         [aliases]\nsaw = 'a.test/saw'\naxe = 'a.test/axe'\nnail = 'a.test/nail'\n",
    )
    .unwrap();
    let later = "unqualified-search-registries = ['c.test']\n[aliases]\naxe = 'b.test/axe'\nnail = ''\n";
    config.add("b.conf", later).unwrap();
    assert_eq!(config.search_registries(), ["c.test"]);
    assert_eq!(config.credential_helpers(), ["pass"]);
    let of = |name: &str| {
        let (reference, alias) = config.expand(name).ok()?;
        Some(format!("{reference} {}", alias?.at))
    };
    assert_eq!(of("saw").as_deref(), Some("a.test/saw a.conf:4"));
    assert_eq!(of("axe").as_deref(), Some("b.test/axe b.conf:3"));
    assert_eq!(of("nail"), None);
}

#[test]
fn a_file_that_is_refused_adds_nothing() {
    let mut config = RegistriesConfig::parse("a.conf", &registry("a.test")).unwrap();
    config
        .add("b.conf", &format!("{}blocked = 1\n", registry("b.test")))
        .unwrap_err();
    assert_eq!(config.files().len(), 1);
    assert!(config.resolve(&"r.test/x:v1".parse().unwrap()).is_ok());
}

#[test]
fn a_file_that_cannot_be_read_is_an_error() {
    let folders = Folders::new().with("etc/containers/registries.conf/inside", "");
    assert!(matches!(
        RegistriesConfig::load(&folders.roots()),
        Err(Error::Read { .. })
    ));
}

#[test]
fn a_file_without_end_is_an_error() {
    let largest = "#".repeat(4 << 20);
    let folders = Folders::new().with(SYSTEM, &largest);
    assert_eq!(place(&folders), "r.test/x:v1");
    let folders = folders.with(SYSTEM, &(largest + "#"));
    assert!(matches!(
        RegistriesConfig::load(&folders.roots()),
        Err(Error::Read { .. })
    ));
}

#[test]
fn the_environment_names_the_folders() {
    let roots = |variables: &'static [(&str, &str)]| {
        Roots::from_variables(move |name| {
            let found = variables.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).into())
        })
    };
    let user = |variables| roots(variables).user().map(|path| path.display().to_string());
    assert_eq!(
        user(&[("HOME", "/home/ann")]).as_deref(),
        Some("/home/ann/.config")
    );
    assert_eq!(
        user(&[("HOME", "/home/ann"), ("XDG_CONFIG_HOME", "/x")]).as_deref(),
        Some("/x")
    );
    assert_eq!(
        user(&[("HOME", "/home/ann"), ("XDG_CONFIG_HOME", "")]).as_deref(),
        Some("/home/ann/.config")
    );
    assert_eq!(user(&[("XDG_CONFIG_HOME", "relative")]), None);
    let named = roots(&[("CONTAINERS_REGISTRIES_CONF", "r.conf")]);
    assert_eq!(named.registries_conf().unwrap().to_str(), Some("r.conf"));
    assert_eq!(named.system().to_str(), Some("/etc"));
}
