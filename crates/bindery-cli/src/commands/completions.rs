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
  cargo bindery completions bash > ~/.cargo-bindery.bash      (and `source` it in ~/.bashrc)
  cargo bindery completions zsh > ~/.zfunc/_cargo-bindery      (~/.zfunc is in fpath, before compinit)
  cargo bindery completions fish > ~/.config/fish/conf.d/cargo-bindery.fish")]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        context.terminal.print(match self.shell {
            Shell::Bash => bash(),
            Shell::Fish => script(Shell::Fish, &mut Arguments::command(), "cargo-bindery") + &fish_of_cargo(),
            // Cargo's own completion in zsh calls `_cargo-bindery`; the other shells complete `cargo-bindery` only.
            shell => script(shell, &mut Arguments::command(), "cargo-bindery"),
        });
        Ok(Exit::Success)
    }
}

fn script(shell: Shell, command: &mut Command, name: &str) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The functions of clap_complete 4.6 do not find each other if the name has a dash, so it gets one afterwards.
fn bash() -> String {
    let script = script(Shell::Bash, &mut Arguments::command(), "cargo_bindery");
    script.replace(" cargo_bindery\n", " cargo-bindery\n") + BASH_OF_CARGO
}

/// Bash has one function for all of `cargo`: this one looks for `bindery`, and leaves the rest to the one before.
const BASH_OF_CARGO: &str = r#"
# `cargo bindery ...` is completed as `cargo-bindery ...`; anything else by cargo's own completion.
if ! declare -F _cargo >/dev/null && declare -F _completion_loader >/dev/null; then
    _completion_loader cargo
fi
_cargo_with_bindery() {
    if [[ $COMP_CWORD -ge 2 && ${COMP_WORDS[1]} == bindery ]]; then
        COMP_WORDS=(cargo-bindery "${COMP_WORDS[@]:2}")
        COMP_CWORD=$((COMP_CWORD - 1))
        _cargo_bindery cargo-bindery "$2" "$3"
    elif declare -F _cargo >/dev/null; then
        _cargo "$@"
    fi
}
complete -F _cargo_with_bindery -o bashdefault -o default cargo
"#;

/// Fish adds completions up, so `bindery` and what follows is added to those of `cargo`.
fn fish_of_cargo() -> String {
    let bindery = Arguments::command().name("bindery").bin_name("cargo bindery");
    let mut cargo =
        Command::new("cargo").subcommand(bindery).disable_help_flag(true).disable_help_subcommand(true);
    // Cargo's own script may have functions of these names.
    script(Shell::Fish, &mut cargo, "cargo").replace("__fish_cargo_", "__fish_cargo_with_bindery_")
}
