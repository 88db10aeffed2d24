//! What is printed, where, and in which colors.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use bindery_build::Diagnostic;

use crate::arguments::ColorChoice;
use crate::exit::{Failure, Problem};
use crate::progress::Progress;

/// Standard output for answers, standard error for what is wrong and for progress.
///
/// Whatever is printed goes through here, so that it does not run into the line of progress.
#[derive(Clone)]
pub struct Terminal {
    quiet: bool,
    colors_output: bool,
    colors_errors: bool,
    progress: Progress,
}

impl Terminal {
    pub fn new(color: Option<ColorChoice>, quiet: bool) -> Self {
        let choice = color.unwrap_or_else(choice_of_environment);
        let can_rewrite = io::stderr().is_terminal() && !is_dumb();
        let progress = if can_rewrite && !quiet { Progress::on_terminal() } else { Progress::hidden() };
        Self {
            quiet,
            colors_output: colors(choice, io::stdout().is_terminal()),
            colors_errors: colors(choice, io::stderr().is_terminal()),
            progress,
        }
    }

    /// The line of progress, for [`Config::on_progress`](bindery_build::Config::on_progress) or for a command's own steps.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Whether what a command prints may have colors.
    #[expect(dead_code, reason = "no command has a colorful answer yet")]
    pub fn colors_output(&self) -> bool {
        self.colors_output
    }

    /// Prints a line that was not asked for, unless it should be quiet.
    pub fn say(&self, line: impl Display) {
        if !self.quiet {
            self.print(format_args!("{line}\n"));
        }
    }

    /// Prints what was asked for, as it is.
    pub fn print(&self, text: impl Display) {
        self.progress.clear();
        // Whoever reads it may have seen enough: `| head`.
        let _ = write!(io::stdout(), "{text}");
    }

    /// Prints what is wrong in the user's files.
    pub fn report(&self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            self.complain(self.rendered(diagnostic));
        }
    }

    /// Prints why a command could not do what it was called for.
    pub fn fail(&self, failure: &Failure) {
        match failure {
            Failure::Build(error) => self.report(error.diagnostics()),
            Failure::Generate(error) => {
                for diagnostic in error.diagnostics() {
                    self.complain(format_args!("{}\n", self.rendered(diagnostic)));
                }
                self.complain(error.summary());
            }
            Failure::Package(problems) => problems.iter().for_each(|problem| self.fail_because(problem)),
            Failure::Usage(problem) => self.fail_because(problem),
        }
    }

    /// Prints something that is not right, but keeps nobody from anything.
    pub fn warn(&self, problem: &Problem) {
        self.tell("warning", "\x1b[1;33m", problem);
    }

    /// Says something beside the answer, unless it should be quiet.
    pub fn remark(&self, line: impl Display) {
        if !self.quiet {
            self.complain(line);
        }
    }

    fn fail_because(&self, problem: &Problem) {
        self.tell("error", "\x1b[1;91m", problem);
    }

    fn tell(&self, word: &str, color: &str, problem: &Problem) {
        let (color, plain) = if self.colors_errors { (color, "\x1b[0m") } else { ("", "") };
        self.complain(format_args!("{color}{word}{plain}: {}", problem.message));
        if let Some(help) = &problem.help {
            self.complain(format_args!("  = help: {help}"));
        }
    }

    fn rendered(&self, diagnostic: &Diagnostic) -> String {
        match self.colors_errors {
            true => diagnostic.render_colored(),
            false => diagnostic.render(),
        }
    }

    fn complain(&self, line: impl Display) {
        self.progress.clear();
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// `NO_COLOR` first (<https://no-color.org>), then cargo's own variable.
fn choice_of_environment() -> ColorChoice {
    let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
    match (set("NO_COLOR"), set("CARGO_TERM_COLOR").as_deref()) {
        (Some(_), _) | (None, Some("never")) => ColorChoice::Never,
        (None, Some("always")) => ColorChoice::Always,
        (None, _) => ColorChoice::Auto,
    }
}

fn colors(choice: ColorChoice, is_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => is_terminal && !is_dumb(),
    }
}

/// Emacs' shell and its like understand no escape codes.
fn is_dumb() -> bool {
    env::var_os("TERM").is_none_or(|term| term == "dumb")
}
