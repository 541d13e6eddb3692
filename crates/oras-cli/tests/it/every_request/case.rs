//! A case: a command, and the request at which it meets a fault.

use std::sync::{Arc, LazyLock};

use oras::content::{Store, StoreExt};
use oras::layout::LayoutStore;
use oras_server::{MemoryBackend, ServerOptions};
use oras_server_faults::Server;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::command::{Command, Makes, OLD, damaged};
use super::fault::{Meets, Named};
use super::sample;
use crate::run::{Ran, program};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

pub(super) struct Case {
    command: &'static Command,
    /// 0 if the registry that is read misbehaves, 1 if the one that is written does.
    side: usize,
    nth: u64,
    fault: &'static Named,
    meets: Meets,
}

/// The user's folder, and the content of the two registries.
struct Bench {
    command: &'static Command,
    folder: TempDir,
    backends: [MemoryBackend; 2],
}

impl Case {
    pub(super) fn new(
        command: &'static Command,
        side: usize,
        nth: u64,
        fault: &'static Named,
        meets: Meets,
    ) -> Self {
        Self {
            command,
            side,
            nth,
            fault,
            meets,
        }
    }

    /// Returns how many requests a command without a fault sends to the registry it reads and to the one it writes.
    pub(super) fn requests(command: &'static Command) -> [u64; 2] {
        let bench = Bench::new(command);
        let servers = bench.servers();
        let ran = bench.run(&servers);
        assert_eq!(ran.code, 0, "{}: {}", command.line, ran.stderr);
        assert_eq!(bench.untrue(&ran, command.signatures), None, "{}", command.line);
        [0, 1].map(|side| servers[side].journal().requests())
    }

    /// Runs the command with the fault, and returns the objection, if any.
    pub(super) fn objection(&self) -> Option<String> {
        let bench = Bench::new(self.command);
        let servers = bench.servers();
        servers[self.side].inject(self.fault.at(self.nth, self.meets));
        let names = [0, 1].map(|side| servers[side].registry());
        let ran = bench.run(&servers);
        let first = match ran.code {
            0 if self.is_told_of_nothing() => None,
            0 => bench.untrue(&ran, self.signatures()),
            _ => self.misleads(&ran, &names).or_else(|| bench.broken()),
        };
        let says = ran.stderr.trim().to_owned();
        let again = first.or_else(|| self.fails_again(&bench));
        let Self { side, nth, meets, .. } = self;
        let (line, fault) = (self.command.line, self.fault.name);
        again.map(|wrong| {
            format!("{line}: {fault} {meets:?} from request {nth} to {side} on: {wrong}: {says}")
        })
    }

    /// Returns the number of signatures a successful command must have copied. A registry may say that there are
    /// none.
    fn signatures(&self) -> usize {
        let may_lack = self.side == 0 && self.fault.says_no();
        if may_lack { 0 } else { self.command.signatures }
    }

    /// Whether the registry says that it lacks what is to be removed, which is then no error.
    fn is_told_of_nothing(&self) -> bool {
        self.command.makes == Makes::Gone && self.fault.says_no()
    }

    /// Returns what is wrong with a second run without the fault.
    fn fails_again(&self, bench: &Bench) -> Option<String> {
        let again = bench.run(&bench.servers());
        match again.code {
            0 => bench.untrue(&again, self.command.signatures),
            code => Some(format!("a second run ends with {code}, {}", again.stderr)),
        }
    }

    /// Returns what is misleading about the output of a failed command.
    fn misleads(&self, ran: &Ran, names: &[String; 2]) -> Option<String> {
        let errors: Vec<&str> = ran
            .stderr
            .lines()
            .filter(|line| line.starts_with("Error: "))
            .collect();
        let [error] = errors.as_slice() else {
            return Some(format!("{} errors", errors.len()));
        };
        if !error.contains(&names[self.side]) {
            return Some("it does not name the registry that failed".to_owned());
        }
        let innocent = &names[1 - self.side];
        error
            .contains(innocent)
            .then(|| "it names the other registry".to_owned())
    }
}

impl Bench {
    fn new(command: &'static Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let backends = [MemoryBackend::new(), MemoryBackend::new()];
        for (name, text) in sample::FILES {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        std::fs::create_dir(folder.path().join("out")).unwrap();
        for name in ["out/a.txt", "out/other.txt"] {
            std::fs::write(folder.path().join(name), OLD).unwrap();
        }
        RUNTIME.block_on(async {
            sample::fill(&backends[0].store("app")).await;
            if command.is_there {
                sample::fill(&backends[1].store("app")).await;
            }
            let seed = LayoutStore::create(folder.path().join("seed")).await;
            sample::fill(&seed.unwrap()).await;
        });
        Self {
            command,
            folder,
            backends,
        }
    }

    fn servers(&self) -> [Server; 2] {
        let start = |backend: &MemoryBackend| {
            let options = ServerOptions::default().with_delete(true);
            let options = options.with_backend(Arc::new(backend.clone()));
            RUNTIME.block_on(Server::start(options)).unwrap()
        };
        [start(&self.backends[0]), start(&self.backends[1])]
    }

    fn run(&self, servers: &[Server; 2]) -> Ran {
        let names = [0, 1].map(|side| servers[side].registry());
        let names = [names[0].as_str(), names[1].as_str()];
        let plan = "jobs:\n- from: FROM/app\n  to: TO/app\n  tags: [v1]\n";
        let plan = plan.replace("FROM", names[0]).replace("TO", names[1]);
        std::fs::write(self.folder.path().join("plan.yaml"), plan).unwrap();
        let words = self.command.words(names);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Ran::of(program(self.folder.path(), &words).output().unwrap())
    }

    /// Returns what is false about the claim of a successful command.
    fn untrue(&self, ran: &Ran, signatures: usize) -> Option<String> {
        let app = self.backends[1].store("app");
        RUNTIME.block_on(async {
            match self.command.makes {
                Makes::App => sample::lacking(&app, signatures).await,
                Makes::Tag => match app.resolve("v2").await {
                    Ok(_) => sample::lacking(&app, signatures).await,
                    Err(error) => Some(error.to_string()),
                },
                Makes::Gone => app
                    .resolve("v1")
                    .await
                    .ok()
                    .map(|root| format!("{root:?} is there")),
                Makes::Layout => match self.layout().await {
                    Ok(layout) => sample::lacking(&layout, signatures).await,
                    Err(error) => Some(error.to_string()),
                },
                Makes::Files => damaged(&self.folder.path().join("out"), true),
                Makes::Text => {
                    let is_told = signatures == 0 || ran.stdout.contains(sample::SIGNATURE);
                    (!is_told).then(|| format!("it says {}", ran.stdout))
                }
            }
        })
    }

    async fn layout(&self) -> oras::content::Result<LayoutStore> {
        LayoutStore::open(self.folder.path().join("layout")).await
    }

    /// Returns what a failed command broke.
    fn broken(&self) -> Option<String> {
        let out = damaged(&self.folder.path().join("out"), false);
        out.or_else(|| {
            RUNTIME.block_on(async {
                let app = self.backends[1].store("app");
                if let Some(lacking) = lacking_of_tag(&app).await {
                    return Some(lacking);
                }
                lacking_of_tag(&self.layout().await.ok()?).await
            })
        })
    }
}

/// Returns what is missing below a tag, if the tag exists.
async fn lacking_of_tag(store: &dyn Store) -> Option<String> {
    store.resolve("v1").await.ok()?;
    let lacking = sample::lacking(store, 0).await?;
    Some(format!("a tag without its content: {lacking}"))
}
