//! Why nothing was generated.

use std::fmt;

use crate::diagnostic::{Diagnostic, Severity};

/// Every error of a run, and its warnings. Nothing was written.
///
/// Its `Debug` is the readable report, since that is what a build script that unwraps prints.
pub struct Error {
    diagnostics: Vec<Diagnostic>,
}

impl Error {
    pub(crate) fn new(mut diagnostics: Vec<Diagnostic>) -> Self {
        Diagnostic::sort(&mut diagnostics);
        Self { diagnostics }
    }

    /// All that was found, by file and line.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = self.diagnostics.iter().filter(|d| d.severity() == Severity::Error).count();
        for diagnostic in &self.diagnostics {
            writeln!(f, "{}\n", diagnostic.render())?;
        }
        match errors {
            1 => f.write_str("nothing was generated because of this error"),
            _ => write!(f, "nothing was generated because of these {errors} errors"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

impl std::error::Error for Error {}
