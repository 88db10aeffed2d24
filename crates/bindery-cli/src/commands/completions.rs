//! `cargo bindery completions`: a script for the shell, for `cargo bindery` as well as for `cargo-bindery`.

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Print the completions of a shell
#[derive(Args)]
#[command(after_help = "\
Example:
  cargo bindery completions bash >> ~/.bash_completion
  cargo bindery completions zsh > ~/.zfunc/_cargo-bindery      (~/.zfunc is in fpath, before compinit)
  cargo bindery completions fish > ~/.config/fish/conf.d/cargo-bindery.fish")]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut script = script(self.shell, &mut Arguments::command(), "cargo-bindery");
        match self.shell {
            Shell::Bash => script.push_str(BASH),
            Shell::Fish => script.push_str(&fish()),
            // Cargo's own completion in zsh calls `_cargo-bindery`; the other shells complete `cargo-bindery` only.
            _ => {}
        }
        context.terminal.print(script);
        Ok(Exit::Success)
    }
}

fn script(shell: Shell, command: &mut Command, name: &str) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// A shell has one function for all of `cargo`: this one looks for `bindery`, and leaves the rest to the one before.
const BASH: &str = r#"
# `cargo bindery ...` is completed as `cargo-bindery ...`; anything else by cargo's own completion.
if ! declare -F _cargo >/dev/null && declare -F _completion_loader >/dev/null; then
    _completion_loader cargo
fi
_cargo-bindery_of_cargo() {
    if [[ $COMP_CWORD -ge 2 && ${COMP_WORDS[1]} == bindery ]]; then
        COMP_WORDS=(cargo-bindery "${COMP_WORDS[@]:2}")
        COMP_CWORD=$((COMP_CWORD - 1))
        local previous="$3"
        [[ $COMP_CWORD -eq 1 ]] && previous=cargo-bindery
        _cargo-bindery cargo-bindery "$2" "$previous"
    elif declare -F _cargo >/dev/null; then
        _cargo "$@"
    fi
}
complete -F _cargo-bindery_of_cargo -o bashdefault -o default cargo
"#;

/// Fish adds completions up, so `bindery` and what follows is added to those of `cargo`.
fn fish() -> String {
    let bindery = Arguments::command().name("bindery").bin_name("cargo bindery");
    let mut cargo =
        Command::new("cargo").subcommand(bindery).disable_help_flag(true).disable_help_subcommand(true);
    // Cargo's own script may have functions of these names.
    script(Shell::Fish, &mut cargo, "cargo").replace("__fish_cargo_", "__fish_cargo_with_bindery_")
}
