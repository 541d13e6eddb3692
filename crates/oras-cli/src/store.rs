//! Stores: a place opened, as the library's traits.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use oras::auth::{CredentialProvider, StaticCredentials};
use oras::layout::TarLayout;
use oras::transport::{Origin, TlsOptions, TransportOptions};
use oras::{
    Client, ClientOptions, Descriptor, Digest, GraphTarget, LayoutStore, Reference, RegistryOptions,
    Repository, Resolver, TagLister,
};

use crate::archive::Archive;
use crate::login::{configured, given};
use crate::place::Place;

/// An opened place, with the names in it that the user gave.
pub(crate) struct Store {
    pub(crate) target: Arc<dyn GraphTarget>,
    pub(crate) lister: Arc<dyn TagLister>,
    /// `registry/repository` or the layout's folder.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The tags, or the one digest, in the order given.
    references: Vec<String>,
    repository: Option<Arc<Repository>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Registry,
    Layout,
}

impl Kind {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Layout => "oci-layout",
        }
    }
}

impl Store {
    /// Opens what is there.
    pub(crate) async fn open(place: &Place, text: &str) -> anyhow::Result<Self> {
        if !place.oci_layout {
            return Self::registry(place, text);
        }
        let (folder, references) = split_layout(text)?;
        if folder.is_file() {
            return Self::archive(&folder, references).await;
        }
        Ok(Self::layout(
            LayoutStore::open(&folder).await?,
            &folder,
            references,
        ))
    }

    /// Opens what is there, or makes it.
    pub(crate) async fn create(place: &Place, text: &str) -> anyhow::Result<Self> {
        if !place.oci_layout {
            return Self::registry(place, text);
        }
        let (folder, references) = split_layout(text)?;
        Ok(Self::layout(
            LayoutStore::create(&folder).await?,
            &folder,
            references,
        ))
    }

    async fn archive(file: &Path, references: Vec<String>) -> anyhow::Result<Self> {
        let archive = TarLayout::open(file).await?;
        Ok(Self {
            lister: Arc::new(archive.clone()),
            target: Arc::new(Archive(archive)),
            name: file.display().to_string(),
            kind: Kind::Layout,
            references,
            repository: None,
        })
    }

    fn layout(store: LayoutStore, folder: &Path, references: Vec<String>) -> Self {
        let store = Arc::new(store);
        Self {
            target: Arc::<LayoutStore>::clone(&store),
            lister: store,
            name: folder.display().to_string(),
            kind: Kind::Layout,
            references,
            repository: None,
        }
    }

    fn registry(place: &Place, text: &str) -> anyhow::Result<Self> {
        let (first, more) = match text.split_once(',') {
            Some((first, more)) if !text.contains('@') => (first, more.split(',').collect()),
            _ => (text, Vec::new()),
        };
        let parsed: Result<Reference, _> = first.parse();
        let reference =
            parsed.map_err(|error| anyhow!("{error}; write registry/repository[:tag][@digest]"))?;
        let mut references: Vec<String> = reference.reference().map(str::to_owned).into_iter().collect();
        for tag in more {
            references.push(reference.with_tag(tag)?.tag().unwrap_or_default().to_owned());
        }
        let client = client(place, reference.registry(), reference.host())?;
        let repository = Arc::new(Repository::new(&client, &reference, options(place))?);
        Ok(Self {
            target: Arc::<Repository>::clone(&repository),
            name: repository.full_name().to_owned(),
            lister: Arc::<Repository>::clone(&repository),
            kind: Kind::Registry,
            references,
            repository: Some(repository),
        })
    }

    /// The one name that a command needs.
    pub(crate) fn reference(&self) -> anyhow::Result<&str> {
        match &self.references[..] {
            [one] => Ok(one),
            [] => bail!(
                "{} needs a tag or digest: write {}:<tag> or {}@<digest>",
                self.name,
                self.name,
                self.name
            ),
            _ => bail!(
                "one tag is expected for {}, not {}",
                self.name,
                self.references.join(",")
            ),
        }
    }

    /// The names to give, which may be none.
    pub(crate) fn references(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let all = self.references.iter().map(String::as_str);
        all.filter(|reference| seen.insert(*reference)).collect()
    }

    /// Describes a blob, which registries keep apart from what has tags.
    pub(crate) async fn resolve_blob(&self, digest: &Digest) -> anyhow::Result<Descriptor> {
        Ok(match &self.repository {
            Some(repository) => repository.resolve_blob(digest).await?,
            None => self.target.resolve(digest.as_str()).await?,
        })
    }

    /// `[registry] host/name:tag`, as results show a place.
    pub(crate) fn display(&self) -> String {
        format!("[{}] {}", self.kind.label(), self.full_reference())
    }

    pub(crate) fn full_reference(&self) -> String {
        match self.references.first() {
            None => self.name.clone(),
            Some(digest) if digest.contains(':') => format!("{}@{digest}", self.name),
            Some(_) => format!("{}:{}", self.name, self.references.join(",")),
        }
    }
}

/// The client for the registry of this name and host.
pub(crate) fn client(place: &Place, registry: &str, host: &str) -> anyhow::Result<Client> {
    let credentials: Arc<dyn CredentialProvider> = match given(place)? {
        Some(credential) => Arc::new(StaticCredentials::new(host, credential)),
        None => Arc::new(configured(place)?),
    };
    client_with(place, registry, host, credentials)
}

/// The client for the registry of this name and host, with these credentials.
pub(crate) fn client_with(
    place: &Place,
    registry: &str,
    host: &str,
    credentials: Arc<dyn CredentialProvider>,
) -> anyhow::Result<Client> {
    let transport = TransportOptions::default().with_tls(tls(place, registry, host)?);
    let options = ClientOptions::default()
        .with_transport(transport)
        .with_credentials(credentials);
    Ok(Client::new(options)?)
}

fn tls(place: &Place, registry: &str, host: &str) -> anyhow::Result<TlsOptions> {
    let mut tls = TlsOptions::default();
    if let Some(file) = &place.ca_file {
        let pem = std::fs::read(file)
            .with_context(|| format!("cannot read the certificates in {}", file.display()))?;
        tls = tls.with_extra_roots(pem);
    }
    if place.insecure {
        let url = format!("https://{host}")
            .parse()
            .with_context(|| format!("invalid registry {registry}"))?;
        tls = tls.with_insecure(Origin::of(&url)?);
    }
    Ok(tls)
}

pub(crate) fn options(place: &Place) -> RegistryOptions {
    let options = RegistryOptions::default().with_referrers(place.referrers);
    match place.plain_http {
        Some(plain) => options.with_plain_http(plain),
        None => options,
    }
}

/// `folder[:tag[,tag]…|@digest]`.
fn split_layout(text: &str) -> anyhow::Result<(PathBuf, Vec<String>)> {
    if let Some((folder, digest)) = text.rsplit_once('@') {
        let digest: Digest = digest.parse()?;
        return Ok((folder.into(), vec![digest.to_string()]));
    }
    // A colon in the name of a folder on the way does not start a tag.
    let name_start = text.rfind('/').map_or(0, |slash| slash + 1);
    let Some(colon) = text[name_start..].rfind(':') else {
        return Ok((text.into(), Vec::new()));
    };
    let (folder, tags) = text.split_at(name_start + colon);
    let tags: Vec<String> = tags[1..].split(',').map(str::to_owned).collect();
    for tag in &tags {
        oras::content::check_tag(tag)?;
    }
    Ok((folder.into(), tags))
}

#[cfg(test)]
mod tests {
    use super::split_layout;

    #[test]
    fn a_layout_is_a_folder_and_names_in_it() {
        let split = |text| {
            let (folder, references) = split_layout(text).unwrap();
            (folder.display().to_string(), references.join(" "))
        };
        assert_eq!(split("dir"), ("dir".into(), String::new()));
        assert_eq!(split("a:b/dir:v1"), ("a:b/dir".into(), "v1".into()));
        assert_eq!(split("./dir:v1,v2"), ("./dir".into(), "v1 v2".into()));
        let digest = oras::Digest::sha256(b"");
        assert_eq!(
            split(&format!("dir@{digest}")),
            ("dir".into(), digest.to_string())
        );
        assert!(split_layout("dir:").is_err() && split_layout("dir@x").is_err());
    }
}
