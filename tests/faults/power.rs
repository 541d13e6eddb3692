//! Power that is lost between any two calls: what was not synced is gone, or half of it is.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use oras_tests::Work;

use crate::disk::{mark_parts, reset};
use crate::journal::{Change, record};
use crate::step::Step;

/// A disk: what programs see, and what is certain to be there after the power was lost.
struct Disk(Vec<Node>);

enum Node {
    Folder { seen: Entries, kept: Entries },
    File { seen: Vec<u8>, kept: Vec<u8> },
}

type Entries = BTreeMap<String, usize>;
/// The root is the first node.
const ROOT: usize = 0;

/// What of the changes that were not synced is there afterwards.
#[derive(Clone, Copy, Debug)]
enum Loss {
    /// Nothing.
    All,
    /// Names, without their content.
    Content,
    /// The names in one folder.
    ButNamesIn(usize),
    /// Names, and half of the content.
    HalfOfContent,
    /// Names and lengths, with zeros for the content.
    AllButLengths,
}

impl Disk {
    fn load(folder: &Path) -> Self {
        let mut disk = Self(Vec::new());
        disk.load_folder(folder);
        disk
    }

    fn load_folder(&mut self, folder: &Path) -> usize {
        let index = self.push(Node::folder());
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let node = match entry.file_type().unwrap().is_dir() {
                true => self.load_folder(&entry.path()),
                false => {
                    let content = fs::read(entry.path()).unwrap();
                    let (seen, kept) = (content.clone(), content);
                    self.push(Node::File { seen, kept })
                }
            };
            let Node::Folder { seen, kept } = &mut self.0[index] else {
                unreachable!("it was made above");
            };
            let name = entry.file_name().into_string().unwrap();
            seen.insert(name.clone(), node);
            kept.insert(name, node);
        }
        index
    }

    fn push(&mut self, node: Node) -> usize {
        self.0.push(node);
        self.0.len() - 1
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Create(path) if self.find(path).is_some() => {}
            Change::Create(path) => self.add(
                path,
                Node::File {
                    seen: Vec::new(),
                    kept: Vec::new(),
                },
            ),
            Change::CreateFolder(path) => self.add(path, Node::folder()),
            Change::Write(path, offset, data) => {
                let content = self.content(path);
                content.resize(content.len().max(offset + data.len()), 0);
                content[*offset..offset + data.len()].copy_from_slice(data);
            }
            Change::Truncate(path, len) => self.content(path).resize(*len, 0),
            Change::Rename(from, to) => {
                let node = self.find(from).unwrap();
                self.entries(from).remove(&name(from));
                self.entries(to).insert(name(to), node);
            }
            Change::Link(from, to) => {
                let node = self.find(from).unwrap();
                self.entries(to).insert(name(to), node);
            }
            Change::Remove(path) => drop(self.entries(path).remove(&name(path))),
            Change::Sync(path) => {
                let node = self.find(path).unwrap();
                match &mut self.0[node] {
                    Node::Folder { seen, kept } => kept.clone_from(seen),
                    Node::File { seen, kept } => kept.clone_from(seen),
                }
            }
        }
    }

    fn find(&self, path: &Path) -> Option<usize> {
        path.iter().try_fold(ROOT, |node, name| match &self.0[node] {
            Node::Folder { seen, .. } => seen.get(name.to_str().unwrap()).copied(),
            Node::File { .. } => None,
        })
    }

    fn add(&mut self, path: &Path, node: Node) {
        let node = self.push(node);
        self.entries(path).insert(name(path), node);
    }

    /// The names in the folder of a path.
    fn entries(&mut self, path: &Path) -> &mut Entries {
        let folder = self.find(path.parent().unwrap()).unwrap();
        match &mut self.0[folder] {
            Node::Folder { seen, .. } => seen,
            Node::File { .. } => panic!("{} is in no folder", path.display()),
        }
    }

    fn content(&mut self, path: &Path) -> &mut Vec<u8> {
        let file = self.find(path);
        match file.map(|file| &mut self.0[file]) {
            Some(Node::File { seen, .. }) => seen,
            _ => panic!("{} is no file", path.display()),
        }
    }

    /// Everything that can be lost.
    fn losses(&self) -> Vec<Loss> {
        let folders = self.0.iter().enumerate();
        let folders = folders.filter(|(_, node)| matches!(node, Node::Folder { seen, kept } if seen != kept));
        let folders = folders.map(|(index, _)| Loss::ButNamesIn(index));
        [Loss::All, Loss::Content, Loss::HalfOfContent, Loss::AllButLengths]
            .into_iter()
            .chain(folders)
            .collect()
    }

    /// All files that are there after the power was lost; nothing for a folder.
    fn after(&self, loss: Loss) -> BTreeMap<String, Option<Vec<u8>>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![(ROOT, String::new())];
        while let Some((index, path)) = folders.pop() {
            let Node::Folder { seen, kept } = &self.0[index] else {
                unreachable!("only folders are entered");
            };
            let entries = match loss {
                Loss::All => kept,
                Loss::ButNamesIn(folder) if folder != index => kept,
                _ => seen,
            };
            for (name, node) in entries {
                let path = format!("{path}/{name}");
                match &self.0[*node] {
                    Node::File { seen, kept } => drop(found.insert(path, Some(remains(seen, kept, loss)))),
                    Node::Folder { .. } => {
                        folders.push((*node, path.clone()));
                        found.insert(path, None);
                    }
                }
            }
        }
        found
    }
}

impl Node {
    fn folder() -> Self {
        let (seen, kept) = (Entries::new(), Entries::new());
        Self::Folder { seen, kept }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn remains(seen: &[u8], kept: &[u8], loss: Loss) -> Vec<u8> {
    match loss {
        Loss::HalfOfContent if seen != kept => {
            seen[..seen.len().midpoint(kept.len()).min(seen.len())].to_vec()
        }
        Loss::AllButLengths if seen.len() > kept.len() => {
            let mut longer = kept.to_vec();
            longer.resize(seen.len(), 0);
            longer
        }
        _ => kept.to_vec(),
    }
}

/// Takes the step, and loses the power after each of its changes, in each way; how often.
fn lose_power(work: &Work, step: Step) -> usize {
    let (before, folder) = (step.before(work), work.path("try"));
    reset(&before, &folder);
    let mut disk = Disk::load(&folder);
    let (changes, is_done) = record(&step.command(&folder), &work.path("trace"));
    assert!(is_done, "{step:?} fails without a fault");
    let mut known = HashSet::new();
    for done in 0..=changes.len() {
        let last = done.checked_sub(1).map(|last| &changes[last]);
        last.inspect(|change| disk.apply(change));
        for loss in disk.losses() {
            let after = disk.after(loss);
            // The names of pulled files are synced by nobody, unless the caller asks for it, and that of a blob by a manifest.
            let is_lasting = step != Step("pull") && !step.0.starts_with("resume-");
            let is_done = done == changes.len() && is_lasting;
            if !known.insert((after.clone(), is_done)) {
                continue;
            }
            lay_out(&after, &folder);
            let sound = step.check(&folder, is_done).and_then(|()| step.redo(&folder));
            if let Err(lost) = sound {
                panic!("{} after {last:?}, {loss:?} lost: {lost}", step.0);
            }
        }
    }
    known.len()
}

fn lay_out(files: &BTreeMap<String, Option<Vec<u8>>>, folder: &Path) {
    fs::remove_dir_all(folder).unwrap();
    fs::create_dir(folder).unwrap();
    for (path, content) in files {
        let path = folder.join(path.trim_start_matches('/'));
        match content {
            None => fs::create_dir(path).unwrap(),
            Some(content) => fs::write(path, content).unwrap(),
        }
    }
    mark_parts(folder);
}

#[test]
#[ignore = "needs strace"]
fn power_that_is_lost_between_any_two_calls_loses_nothing() {
    let work = Work::new().unwrap();
    for step in Step::ALL {
        let states = lose_power(&work, step);
        println!("{:8} {states:5} states after a loss of power, 0 losses", step.0);
        assert!(states > 5, "{step:?}: {states} states");
    }
}
