//! What the last run in this `OUT_DIR` read, so that a run that reads the same has nothing to do.
//!
//! Cargo runs a build script more often than its files change: a file was saved as it was, a branch was left and entered
//! again, a variable was set. The stamp holds the very bytes that were read; comparing them takes less time than any hash
//! of them would, since build scripts are not optimised.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::config::{Config, Mode, Output};
use crate::source::{SourceFile, Sources};

/// Everything that the generated code depends on, in bytes, and where that is kept.
pub(crate) struct Stamp {
    path: PathBuf,
    inputs: Vec<u8>,
}

impl Stamp {
    /// Of what there is now; none where every run has to do all: a check, and code that is not in `OUT_DIR`.
    pub fn of(config: &Config, sources: &Sources) -> Option<Self> {
        let folder = match &config.output {
            Output::OutDir(Some(folder)) if config.mode != Mode::Check => folder,
            _ => return None,
        };
        let Config { migrations, queries, lock, settings, .. } = config;
        let said = format!("{:?} {migrations:?} {queries:?} {lock:?} {settings:?}", program()?);
        let mut inputs = Vec::new();
        let mut put = |part: &[u8]| {
            inputs.extend_from_slice(&part.len().to_le_bytes());
            inputs.extend_from_slice(part);
        };
        put(said.as_bytes());
        put(&fs::read(config.root.join(lock)).ok()?);
        // What is put aside in the course of a run has its place from the beginning.
        let mut migrations: Vec<_> = sources.migrations.iter().chain(&sources.beside).collect();
        migrations.sort_by(|a, b| a.path.cmp(&b.path));
        for SourceFile { path, text } in migrations.into_iter().chain(&sources.queries).map(AsRef::as_ref) {
            put(path.as_bytes());
            put(text.as_bytes());
        }
        Some(Self { path: folder.join("stamp"), inputs })
    }

    /// How many queries there are, if the last run has read the same and had nothing to say about it. Else what was left
    /// is taken away, so that a run that fails leaves nothing.
    pub fn queries(&self) -> Option<usize> {
        let left = fs::read(&self.path).unwrap_or_default();
        let same = left.split_first_chunk().filter(|(_, inputs)| *inputs == self.inputs);
        if same.is_none() {
            let _ = fs::remove_file(&self.path);
        }
        same.map(|(count, _)| usize::from_le_bytes(*count))
    }

    /// Tells the next run that all is done.
    pub fn leave(&self, queries: usize) {
        let stamp = [&queries.to_le_bytes()[..], &self.inputs].concat();
        // Without one the next run does all of it.
        let _ = fs::write(&self.path, stamp);
    }
}

/// Which build of Bindery this is: another one may write other code.
fn program() -> Option<(u64, SystemTime)> {
    let program = env::current_exe().ok()?.metadata().ok()?;
    Some((program.len(), program.modified().ok()?))
}
