//! Archives as nobody would write them.

use std::io::Write;

/// An archive entry by entry, and header by header.
#[derive(Default)]
pub(crate) struct Archive(Vec<u8>);

impl Archive {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn entry(self, kind: u8, path: &str, link: &str, mode: u32, content: &[u8]) -> Self {
        self.header(kind, path, link, mode, content.len() as u64)
            .data(content)
    }

    pub(crate) fn folder(self, path: &str) -> Self {
        self.entry(b'5', path, "", 0o755, b"")
    }

    pub(crate) fn file(self, path: &str, content: &str) -> Self {
        self.entry(b'0', path, "", 0o644, content.as_bytes())
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(b'2', path, target, 0o777, b"")
    }

    pub(crate) fn hard_link(self, path: &str, first: &str) -> Self {
        self.entry(b'1', path, first, 0o644, b"")
    }

    /// A header with this size, whatever follows.
    pub(crate) fn header(mut self, kind: u8, path: &str, link: &str, mode: u32, size: u64) -> Self {
        let mut block = [0_u8; 512];
        block[..path.len()].copy_from_slice(path.as_bytes());
        block[157..157 + link.len()].copy_from_slice(link.as_bytes());
        write!(&mut block[100..108], "{mode:07o}").unwrap();
        write!(&mut block[124..136], "{size:011o}").unwrap();
        write!(&mut block[136..148], "{:011o}", 0).unwrap();
        block[156] = kind;
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        write!(&mut block[148..156], "{sum:06o}\0 ").unwrap();
        self.0.extend_from_slice(&block);
        self
    }

    pub(crate) fn data(mut self, content: &[u8]) -> Self {
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// An extended header of pax.
    pub(crate) fn pax(self, records: &[(&str, &str)]) -> Self {
        let mut text = String::new();
        for (key, value) in records {
            let rest = format!(" {key}={value}\n");
            let len = (rest.len()..)
                .find(|len| len.to_string().len() + rest.len() == *len)
                .unwrap();
            text.push_str(&format!("{len}{rest}"));
        }
        self.entry(b'x', "pax", "", 0o644, text.as_bytes())
    }

    pub(crate) fn unfinished(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}
