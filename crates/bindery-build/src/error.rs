//! Why nothing was generated.

use std::fmt;

use crate::diagnostic::Diagnostic;

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

    /// The line below all of them: that nothing was generated, and because of how many errors.
    pub fn summary(&self) -> String {
        match self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count() {
            1 => "nothing was generated because of this error".to_owned(),
            errors => format!("nothing was generated because of these {errors} errors"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for diagnostic in &self.diagnostics {
            writeln!(f, "{}\n", diagnostic.render())?;
        }
        f.write_str(&self.summary())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

impl std::error::Error for Error {}
