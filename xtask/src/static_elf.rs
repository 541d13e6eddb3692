//! Checks that a program is statically linked.

use anyhow::{Context, bail, ensure};

/// The start of a 64-bit little-endian ELF file.
const START: [u8; 6] = [0x7f, b'E', b'L', b'F', 2, 1];

/// The type of the program header with the dynamic loader.
const INTERPRETER: u32 = 3;

/// Fails unless `program` runs without a dynamic loader.
///
/// Spec: System V ABI, "ELF header" and "Program header".
pub(crate) fn ensure_static(program: &[u8]) -> anyhow::Result<()> {
    ensure!(program.starts_with(&START), "it is no ELF program of 64 bits");
    let offset = u64::from_le_bytes(field(program, 32)?);
    let size = u16::from_le_bytes(field(program, 54)?);
    let count = u16::from_le_bytes(field(program, 56)?);
    for number in 0..u64::from(count) {
        let header = number
            .checked_mul(u64::from(size))
            .and_then(|at| at.checked_add(offset));
        let at = usize::try_from(header.context("it is damaged")?)?;
        if u32::from_le_bytes(field(program, at)?) == INTERPRETER {
            bail!("it is linked to shared libraries");
        }
    }
    Ok(())
}

fn field<const N: usize>(program: &[u8], at: usize) -> anyhow::Result<[u8; N]> {
    let end = at.checked_add(N).context("it is damaged")?;
    let bytes = program.get(at..end).context("it is cut short")?;
    Ok(bytes.try_into().expect("the slice has N bytes"))
}

#[cfg(test)]
mod tests {
    use super::{INTERPRETER, START, ensure_static};

    fn program(kinds: &[u32]) -> Vec<u8> {
        let mut program = vec![0; 64];
        program[..START.len()].copy_from_slice(&START);
        program[32] = 64;
        program[54] = 56;
        program[56] = u8::try_from(kinds.len()).unwrap();
        for kind in kinds {
            program.extend(kind.to_le_bytes());
            program.extend([0; 52]);
        }
        program
    }

    #[test]
    fn a_program_with_a_loader_is_not_static() {
        assert!(ensure_static(&program(&[1, 6])).is_ok());
        let error = ensure_static(&program(&[6, INTERPRETER])).unwrap_err();
        assert_eq!(error.to_string(), "it is linked to shared libraries");
    }

    #[test]
    fn what_is_no_program_is_told() {
        assert!(ensure_static(b"#!/bin/sh").is_err());
        let whole = program(&[1, 6]);
        assert!(ensure_static(&whole[..whole.len() - 53]).is_err());
        let mut hostile = whole;
        hostile[32..40].fill(0xff);
        assert!(ensure_static(&hostile).is_err());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_program_is_linked_to_shared_libraries() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert_eq!(cfg!(target_env = "musl"), ensure_static(&own).is_ok());
    }
}
