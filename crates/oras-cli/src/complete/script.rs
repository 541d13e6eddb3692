//! The completion scripts for shells.

use clap_complete::env::{EnvCompleter as _, Fish, Powershell, Zsh};

use super::SHELL;
use crate::command::completion::Shell;

/// Bash needs a script of our own: it splits words at colons, and references are full of them.
const BASH: &str = r#"_oras_complete() {
    local IFS=$'\n'
    COMPREPLY=( $(ORAS_COMPLETE=bash \
        ORAS_COMPLETE_LINE="${COMP_LINE:0:COMP_POINT}" \
        ORAS_COMPLETE_BREAKS="$COMP_WORDBREAKS" \
        oras -- 2>/dev/null) )
}
complete -o nospace -o default -F _oras_complete oras
"#;

/// The first completion loads the file from `fpath`, so the file must also answer it.
const ZSH_LOADED: &str = r#"
if [[ "${funcstack[1]}" == "_oras" ]]; then
    _clap_dynamic_completer_oras "$@"
fi
"#;

/// Returns the script for a shell.
pub(crate) fn of(shell: Shell) -> std::io::Result<Vec<u8>> {
    let mut script = Vec::new();
    let (name, out) = ("oras", &mut script);
    match shell {
        Shell::Bash => out.extend_from_slice(BASH.as_bytes()),
        Shell::Zsh => {
            Zsh.write_registration(SHELL, name, name, name, out)?;
            out.extend_from_slice(ZSH_LOADED.as_bytes());
        }
        Shell::Fish => Fish.write_registration(SHELL, name, name, name, out)?,
        Shell::Powershell => Powershell.write_registration(SHELL, name, name, name, out)?,
    }
    Ok(script)
}
