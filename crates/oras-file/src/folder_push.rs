//! Pushing folders while they are packed.

use std::io::{self, Write};
use std::path::Path;
use std::thread;

use bytes::Bytes;
use oras_content::{Descriptor, Error, MediaType, Result, StageOptions, Staged, Stager};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

use crate::FileStore;
use crate::packing::Packing;

/// Size of a frame in bytes, and number of frames the packer may be ahead of the store.
const FRAME: usize = 64 * 1024;
const FRAMES: usize = 4;

impl FileStore {
    /// Packs the folder at `path` under the title `name` straight into another store, without a temporary file, and
    /// describes it. The parameters and the descriptor are those of [`add`](Self::add).
    ///
    /// `to` must be able to [stage](oras_content::Store::stager) content whose digest and size are known only at the
    /// end, as memory, layouts, folders of blobs and file stores can. A registry client cannot: [add](Self::add) the
    /// folder and copy it from this store instead. This call does not add the archive to this store, and `name` stays
    /// free.
    ///
    /// At most a few frames of 64 KiB are buffered. Dropping the future stops packing and discards the staged content,
    /// as does an error.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): the folder does not exist.
    /// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): `name` is not a valid title, or `path` is not a
    ///   folder.
    /// - [`ErrorKind::DuplicateName`](oras_content::ErrorKind::DuplicateName): a file was already added under this
    ///   name.
    /// - [`ErrorKind::Payload`](oras_content::ErrorKind::Payload): the folder cannot be packed.
    ///   [`inner`](oras_content::Error::inner) is the error that `add` would return.
    /// - Any other error: `to` failed.
    ///
    /// # Example
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oras_content::Error> {
    /// use oras_content::{Store, StoreExt};
    /// use oras_file::FileStore;
    /// use oras_layout::LayoutStore;
    ///
    /// # let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    /// std::fs::create_dir(from.path().join("docs")).unwrap();
    /// std::fs::write(from.path().join("docs/hello.txt"), "hello").unwrap();
    /// let layout = LayoutStore::create(to.path()).await?;
    /// let docs = FileStore::new(from.path())
    ///     .push_folder("docs", None, None, layout.as_stager()?)
    ///     .await?;
    /// assert_eq!(docs.title(), Some("docs"));
    /// assert!(layout.exists(&docs).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn push_folder(
        &self,
        name: &str,
        media_type: Option<MediaType>,
        path: Option<&Path>,
        to: &dyn Stager,
    ) -> Result<Descriptor> {
        let packing = self.in_folder(self.packing_of(name, media_type, path))?;
        let mut staged = to.stage(StageOptions::default()).await?;
        let (sender, frames) = channel(FRAMES);
        let packed = on_its_own_thread(move || packing.run(FrameWriter::new(sender)))?;
        let taken = take(&mut *staged, frames).await;
        // If the store has failed, the packer has stopped by now, because the channel is closed.
        let packed = self.in_folder(packed.await).map_err(Error::of_payload);
        match taken.and(packed) {
            Ok((described, refusals)) => {
                staged.commit(&described).await?;
                self.state.lock().refusals.extend(refusals);
                Ok(described)
            }
            Err(error) => {
                staged.discard().await;
                Err(error)
            }
        }
    }

    fn packing_of(&self, name: &str, media_type: Option<MediaType>, path: Option<&Path>) -> Result<Packing> {
        let (title, path) = self.titled(name, path)?;
        let found = std::fs::metadata(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::not_found(path.display()).with_source(error),
            _ => Error::storage(path.display(), error),
        })?;
        if !found.is_dir() {
            let what = format!("to pack {}", path.display());
            return Err(Error::refused(what, "it is not a folder; add it as a file"));
        }
        Ok(self.packing(title, media_type, path))
    }
}

/// Runs a job that waits for a store on a thread of its own: the store may need all threads of the runtime to make
/// progress.
fn on_its_own_thread<T: Send + 'static>(
    job: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<impl Future<Output = Result<T>>> {
    let (sender, done) = oneshot::channel();
    let thread = thread::Builder::new().name("pack".to_owned());
    // The receiver may have been dropped.
    let thread = thread.spawn(move || drop(sender.send(job())));
    let thread = thread.map_err(|error| Error::storage("a thread to pack on", error))?;
    Ok(async move {
        match done.await {
            Ok(done) => done,
            Err(_) => match thread.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => unreachable!("a thread that does not panic sends what came of its job"),
            },
        }
    })
}

/// Appends the frames to the staged content. When this returns, the channel closes and the packer stops.
async fn take(staged: &mut dyn Staged, mut frames: Receiver<Bytes>) -> Result<()> {
    while let Some(frame) = frames.recv().await {
        staged.append(frame).await?;
    }
    Ok(())
}

/// Sends what is written in frames. Blocks while the channel is full, and fails once it is closed.
struct FrameWriter {
    frames: Sender<Bytes>,
    frame: Vec<u8>,
}

impl FrameWriter {
    fn new(frames: Sender<Bytes>) -> Self {
        let frame = Vec::with_capacity(FRAME);
        Self { frames, frame }
    }
}

impl Write for FrameWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.frame.len() == FRAME {
            self.flush()?;
        }
        let taken = bytes.len().min(FRAME - self.frame.len());
        self.frame.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let frame = std::mem::replace(&mut self.frame, Vec::with_capacity(FRAME));
        self.frames
            .blocking_send(frame.into())
            .map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the reader of the archive is gone"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_handed_over_in_frames() {
        let (sender, mut frames) = channel(3);
        let mut writer = FrameWriter::new(sender);
        writer.write_all(&[1; FRAME - 1]).unwrap();
        writer.write_all(&vec![2; FRAME + 2]).unwrap();
        writer.flush().unwrap();
        writer.flush().unwrap();
        drop(writer);
        let mut lens = Vec::new();
        while let Some(frame) = frames.blocking_recv() {
            lens.push(frame.len());
        }
        assert_eq!(lens, [FRAME, FRAME, 1]);
    }

    #[test]
    fn writing_ends_when_nobody_takes_the_frames() {
        let (sender, frames) = channel(FRAMES);
        let mut writer = FrameWriter::new(sender);
        drop(frames);
        let error = writer.write_all(&vec![0; FRAME + 1]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
