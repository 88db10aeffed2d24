//! How a command ends.

use std::process::ExitCode;

/// The exit status of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Success = 0,
    /// Something is wrong in the package, its SQL or its surroundings, or something is out of date. A command that found
    /// what it was to look for, and has told it, returns this as its answer.
    Wrong = 1,
    /// The call itself makes no sense; clap uses the same number.
    Usage = 2,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not do what it was called for.
#[derive(Debug)]
pub enum Failure {
    /// The SQL, `bindery.toml` or the server.
    Build(bindery_build::Error),
    /// The same, and nothing was generated because of it.
    Generate(bindery_build::Error),
    /// Things in the package that stand in the way: all of them.
    Package(Vec<Problem>),
    /// The call.
    Usage(Problem),
}

impl Failure {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Build(_) | Self::Generate(_) | Self::Package(_) => Exit::Wrong,
            Self::Usage(_) => Exit::Usage,
        }
    }
}

impl From<bindery_build::Error> for Failure {
    fn from(error: bindery_build::Error) -> Self {
        Self::Build(error)
    }
}

/// Something that stands in the way, and what to do about it.
#[derive(Debug)]
pub struct Problem {
    pub message: String,
    pub help: Option<String>,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
