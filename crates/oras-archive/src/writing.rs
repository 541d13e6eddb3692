//! The parts of an archive around its files, for writing one incrementally.

use crate::header::BLOCK;

/// A block of zeros, to pad the last block of a file.
static ZEROS: [u8; BLOCK as usize] = [0; BLOCK as usize];

/// The end marker of an archive: two blocks of zeros.
pub const END: [u8; 2 * BLOCK as usize] = [0; 2 * BLOCK as usize];

/// The largest size written in octal digits. Larger ones are written in binary, as in GNU tar.
const MAX_OCTAL: u64 = 0o77_777_777_777;

/// Returns the header of the file `name`, with this size and these permission bits.
///
/// It contains no modification time and no owner, so that the same file always has the same header. Names of more than
/// 100 bytes, and sizes of 8 GiB or more, are encoded as in GNU tar. Write the content's [`padding`] after it.
///
/// ```
/// use std::io::Write;
///
/// # fn main() -> std::io::Result<()> {
/// let mut archive = Vec::new();
/// archive.write_all(&oras_archive::file_header("hello.txt", 5, 0o644))?;
/// archive.write_all(b"hello")?;
/// archive.write_all(oras_archive::padding(5))?;
/// archive.write_all(&oras_archive::END)?;
///
/// let mut reader = oras_archive::Reader::new(&archive[..]);
/// assert_eq!(reader.next_entry()?.unwrap().path, b"hello.txt");
/// # Ok(())
/// # }
/// ```
pub fn file_header(name: &str, size: u64, mode: u32) -> Vec<u8> {
    header(b'0', name, size, mode)
}

/// Returns the header of the folder `name`, which must end with a slash. A folder has no content.
pub fn folder_header(name: &str, mode: u32) -> Vec<u8> {
    header(b'5', name, 0, mode)
}

/// Returns the zeros to write after a file of `size` bytes, so that the next header starts on a block boundary.
pub fn padding(size: u64) -> &'static [u8] {
    let used = (size % BLOCK) as usize;
    match used {
        0 => &[],
        used => &ZEROS[used..],
    }
}

fn header(kind: u8, name: &str, size: u64, mode: u32) -> Vec<u8> {
    let mut written = Vec::new();
    if name.len() > 100 {
        let long = name.len() as u64 + 1;
        written.extend(block(b'L', b"././@LongLink", long, 0o644));
        written.extend(name.as_bytes());
        // The name is NUL-terminated.
        written.push(0);
        written.extend(padding(long));
    }
    let short = &name.as_bytes()[..name.len().min(100)];
    written.extend(block(kind, short, size, mode));
    written
}

/// Creates a header block with its checksum.
fn block(kind: u8, name: &[u8], size: u64, mode: u32) -> [u8; BLOCK as usize] {
    let mut block = ZEROS;
    block[..name.len()].copy_from_slice(name);
    octal(&mut block[100..108], mode.into());
    // No owner or group: id 0, without names.
    octal(&mut block[108..116], 0);
    octal(&mut block[116..124], 0);
    match size <= MAX_OCTAL {
        true => octal(&mut block[124..136], size),
        false => binary(&mut block[124..136], size),
    }
    octal(&mut block[136..148], 0);
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar  \0");
    block[148..156].fill(b' ');
    let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
    octal(&mut block[148..155], sum);
    block
}

/// Writes octal digits followed by a NUL in the last byte.
fn octal(field: &mut [u8], number: u64) {
    let width = field.len() - 1;
    let digits = format!("{number:0width$o}");
    field[..width].copy_from_slice(digits.as_bytes());
    field[width] = 0;
}

fn binary(field: &mut [u8], number: u64) {
    let start = field.len() - 8;
    field[start..].copy_from_slice(&number.to_be_bytes());
    field[0] = 0x80;
}
