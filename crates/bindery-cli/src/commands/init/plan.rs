//! What is to be done to a package: found out as a whole, then carried out or only told.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::of_file;
use crate::exit::{Failure, Problem};
use crate::package::shown;

/// What to do, what to leave to the user, and what stands in the way.
pub struct Plan {
    pub root: PathBuf,
    pub steps: Vec<Step>,
    /// What the user has to write, because the file is theirs.
    pub todo: Vec<String>,
    pub problems: Vec<Problem>,
}

pub enum Step {
    /// A file that is not there.
    Create { path: PathBuf, text: String },
    /// A file that is there, as `before`, and keeps all it has; `what` names what is new.
    Extend { path: PathBuf, before: String, text: String, what: String },
    /// A file that is there and has nothing of the user's; `why` says so.
    Replace { path: PathBuf, text: String, why: &'static str },
}

impl Plan {
    pub fn new(root: PathBuf) -> Self {
        Self { root, steps: Vec::new(), todo: Vec::new(), problems: Vec::new() }
    }

    /// Creates the file, unless it is there.
    pub fn create(&mut self, path: PathBuf, text: impl Into<String>) {
        // A folder on the way that is a file, or a link to nowhere, would be met in the middle of the work.
        let parents = path.ancestors().skip(1);
        let nearest = parents.into_iter().find(|parent| parent.symlink_metadata().is_ok());
        match nearest {
            Some(parent) if !parent.is_dir() => {
                let message = format!("`{}` is no folder", shown(parent));
                let help = format!("move it away: `{}` has to be made", shown(&path));
                self.problems.push(Problem::new(message).help(help));
            }
            _ if path.symlink_metadata().is_err() => {
                self.steps.push(Step::Create { path, text: text.into() });
            }
            _ => {}
        }
    }

    /// The text of a file; none if it is not there. That it cannot be read stands in the way.
    pub fn read(&mut self, path: &Path) -> Option<String> {
        match fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(_) if path.symlink_metadata().is_err() => None,
            Err(error) => {
                self.problems.push(of_file(path, &error));
                None
            }
        }
    }

    /// # Errors
    /// Something stands in the way: all that does.
    pub fn check(&mut self) -> Result<(), Failure> {
        let read_only = self.steps.iter().filter_map(Step::read_only);
        self.problems.extend(read_only);
        match self.problems.is_empty() {
            true => Ok(()),
            false => Err(Failure::Package(std::mem::take(&mut self.problems))),
        }
    }

    /// What would be done, with the text of each file.
    pub fn description(&self) -> String {
        let mut description = String::new();
        for step in &self.steps {
            // Writing to a string cannot fail.
            let _ = writeln!(description, "would {step}", step = step.told(Tense::Future));
            for line in step.new_lines() {
                let _ = writeln!(description, "{}", format!("    {line}").trim_end());
            }
        }
        for line in &self.todo {
            let _ = writeln!(description, "would leave to you: {line}");
        }
        if description.is_empty() {
            description.push_str("all is there\n");
        }
        description
    }

    /// Does it, step by step, and tells each. What is done stays done if a later one fails, and another call goes on.
    pub fn carry_out(&self) -> impl Iterator<Item = Result<String, Problem>> {
        self.steps.iter().map(|step| {
            step.carry_out().map_err(|error| of_file(step.path(), &error))?;
            Ok(step.told(Tense::Past))
        })
    }
}

#[derive(Clone, Copy)]
enum Tense {
    Past,
    Future,
}

impl Step {
    fn path(&self) -> &Path {
        match self {
            Self::Create { path, .. } | Self::Extend { path, .. } | Self::Replace { path, .. } => path,
        }
    }

    fn told(&self, tense: Tense) -> String {
        let path = shown(self.path());
        match (self, tense) {
            (Self::Create { .. }, Tense::Past) => format!("created {path}"),
            (Self::Create { .. }, Tense::Future) => format!("create {path}"),
            (Self::Extend { what, .. }, Tense::Past) => format!("added to {path}: {what}"),
            (Self::Extend { what, .. }, Tense::Future) => format!("add to {path}: {what}"),
            (Self::Replace { why, .. }, Tense::Past) => format!("replaced {path}: {why}"),
            (Self::Replace { why, .. }, Tense::Future) => format!("replace {path}: {why}"),
        }
    }

    /// The lines that the file does not have yet.
    fn new_lines(&self) -> impl Iterator<Item = &str> {
        let (before, text) = match self {
            Self::Create { text, .. } | Self::Replace { text, .. } => ("", text),
            Self::Extend { before, text, .. } => (before.as_str(), text),
        };
        let known: Vec<&str> = before.lines().collect();
        text.lines().filter(move |line| !known.contains(line))
    }

    fn read_only(&self) -> Option<Problem> {
        if matches!(self, Self::Create { .. }) {
            return None;
        }
        let is_read_only = fs::metadata(self.path()).is_ok_and(|metadata| metadata.permissions().readonly());
        is_read_only.then(|| Problem::new(format!("`{}` is read-only", shown(self.path()))))
    }

    fn carry_out(&self) -> std::io::Result<()> {
        match self {
            Self::Create { path, text } => {
                fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
                // Refused if somebody else has made one meanwhile.
                File::create_new(path)?.write_all(text.as_bytes())
            }
            Self::Extend { path, text, .. } | Self::Replace { path, text, .. } => fs::write(path, text),
        }
    }
}
