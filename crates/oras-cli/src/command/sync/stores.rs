//! Stores: the places of a plan, each opened once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::lock::Mutex as AsyncMutex;
use oras::copy::Verifier;
use oras::sync::{BoxError, Connection, Place, Places, Report, Tls};
use oras::{Reference, Store, TarLayoutWriter};

use crate::clients::Clients;
use crate::layouts::{self, Layout};
use crate::names::{check_reference, how_to_write};
use crate::say;
use crate::system::{Access, Server, environment};
use crate::usage::Usage;

pub(super) struct Stores {
    connections: HashMap<String, Connection>,
    registry_configs: Vec<PathBuf>,
    clients: Clients,
    /// Each layout once, whatever its path: several jobs may write to one archive.
    layouts: AsyncMutex<Vec<Opened>>,
    archives: Mutex<Vec<Archive>>,
}

struct Opened {
    place: Place,
    /// Whether it is an archive being written, which differs from the archive that is read under that name.
    is_new: bool,
    store: Arc<dyn Store>,
}

/// An archive that is being written.
struct Archive {
    place: Place,
    writer: TarLayoutWriter,
    /// Whether an archive of this name exists.
    replaces: bool,
}

impl Archive {
    /// Whether the archive gets its name: it must have content, and it replaces an existing one only if it is complete.
    fn is_wanted(&self, report: &Report) -> bool {
        let jobs = report.jobs.iter().filter(|job| job.to.is_same_as(&self.place));
        let (mut has_some, mut has_all) = (false, true);
        for job in jobs {
            has_some |= job.up_to_date > 0 || job.tags.iter().any(|tag| tag.error.is_none());
            has_all &= job.errors().next().is_none();
        }
        has_some && (has_all || !self.replaces)
    }
}

impl Stores {
    pub(super) fn new(connections: Vec<Connection>, registry_configs: Vec<PathBuf>) -> Self {
        let by_registry = connections.into_iter().map(|one| (one.registry.clone(), one));
        Self {
            connections: by_registry.collect(),
            registry_configs,
            clients: Clients::default(),
            layouts: AsyncMutex::default(),
            archives: Mutex::default(),
        }
    }

    /// Gives complete archives their names. Incomplete ones leave the existing archive in place.
    pub(super) async fn finish(&self, report: &Report) -> anyhow::Result<()> {
        let archives = std::mem::take(&mut *self.archives.lock().unwrap_or_else(PoisonError::into_inner));
        for archive in archives {
            match archive.is_wanted(report) {
                true => archive.writer.finish().await?,
                false if archive.replaces => say::line(format!("{} stays as it was", archive.place)),
                false => {}
            }
        }
        Ok(())
    }

    fn place(&self, registry: &str) -> crate::place::Place {
        let mut place = crate::place::Place {
            registry_configs: self.registry_configs.clone(),
            ..Default::default()
        };
        if let Some(connection) = self.connections.get(registry) {
            place.ca_file.clone_from(&connection.ca_file);
            place.insecure = connection.tls == Tls::Unverified;
            place.plain_http = (connection.tls == Tls::Plain).then_some(true);
        }
        place
    }

    fn repository(&self, name: &str, access: Access) -> anyhow::Result<Arc<dyn Store>> {
        let server = Server::of(reference(name)?, access)?;
        let place = self.place(server.reference.registry());
        Ok(Arc::new(self.clients.repository(&place, &server, access)?))
    }

    async fn layout(&self, place: &Place, path: &Path, how: How) -> anyhow::Result<Arc<dyn Store>> {
        let is_new = !matches!(how, How::Open) && layouts::is_archive(path);
        let mut layouts = self.layouts.lock().await;
        let is_it = |opened: &&Opened| opened.is_new == is_new && opened.place.is_same_as(place);
        if let Some(opened) = layouts.iter().find(is_it) {
            return Ok(Arc::clone(&opened.store));
        }
        let replaces = path.is_file();
        let (store, archive): Layout = match how {
            How::Open => layouts::open(path).await?,
            How::Create | How::Imagine if is_new => layouts::replace(path).await?,
            How::Create => layouts::create(path).await?,
            How::Imagine => layouts::imagine(path).await?,
        };
        let mut archives = self.archives.lock().unwrap_or_else(PoisonError::into_inner);
        let archive = archive.filter(|_| matches!(how, How::Create));
        archives.extend(archive.map(|writer| Archive {
            place: place.clone(),
            writer,
            replaces,
        }));
        layouts.push(Opened {
            place: place.clone(),
            is_new,
            store: Arc::clone(&store),
        });
        Ok(store)
    }

    async fn open(&self, place: &Place, how: How) -> anyhow::Result<Arc<dyn Store>> {
        match place {
            Place::Repository(name) => self.repository(name, how.access()),
            Place::Layout(path) => self.layout(place, path, how).await,
            other => Err(Usage::error(format!("{other} is no repository and no layout"))),
        }
    }
}

fn reference(name: &str) -> anyhow::Result<Reference> {
    check_reference(&crate::place::Place::default(), name)?;
    let parsed: Result<Reference, _> = name.parse();
    parsed.map_err(|error| Usage::error(format!("{error}{}", how_to_write(name))))
}

#[derive(Clone, Copy)]
enum How {
    Open,
    Create,
    Imagine,
}

impl How {
    fn access(self) -> Access {
        match self {
            Self::Open => Access::Pull,
            Self::Create | Self::Imagine => Access::Push,
        }
    }
}

#[async_trait]
impl Places for Stores {
    async fn source(&self, place: &Place) -> Result<Arc<dyn Store>, BoxError> {
        Ok(self.open(place, How::Open).await?)
    }

    async fn destination(&self, place: &Place, dry_run: bool) -> Result<Arc<dyn Store>, BoxError> {
        let how = if dry_run { How::Imagine } else { How::Create };
        Ok(self.open(place, how).await?)
    }

    fn is_kept(&self, place: &Place) -> bool {
        !matches!(place, Place::Layout(path) if layouts::is_archive(path))
    }

    fn verifier(&self, place: &Place) -> Result<Option<Arc<dyn Verifier>>, BoxError> {
        let (Place::Repository(name), Some(environment)) = (place, environment()?) else {
            return Ok(None);
        };
        Ok(Some(environment.verifier(&reference(name)?)))
    }

    async fn repositories(&self, registry: &str) -> Result<Vec<String>, BoxError> {
        let name = registry.split('/').next().unwrap_or(registry);
        let place = self.place(name);
        Ok(self.clients.below(&place, registry, Access::Pull).await?)
    }
}
