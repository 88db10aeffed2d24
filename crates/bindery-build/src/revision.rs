//! Migrations and query files as they were at a revision, read from git.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::source::{Purpose, SourceFile, Sources, hash, is_go};

/// What a build of `revision` would have read, with the paths that are set now.
///
/// # Errors
/// There is no git, no such revision, or a file is not UTF-8.
pub(crate) fn read(config: &Config, revision: &str) -> Result<Sources, Box<Diagnostic>> {
    let repository = Repository { root: &config.root, revision };
    let migrations = repository.read_all(&config.migrations, Purpose::Migrations)?;
    let migration_hashes = migrations.iter().map(|file| hash([file.text.as_str()])).collect();
    let queries = repository.read_all(&config.queries, Purpose::Queries)?;
    Ok(Sources { migrations, migration_hashes, queries, ..Sources::default() })
}

struct Repository<'c> {
    /// The package, which need not be the root of the repository.
    root: &'c Path,
    revision: &'c str,
}

impl Repository<'_> {
    fn read_all(&self, paths: &[PathBuf], purpose: Purpose) -> Result<Vec<Arc<SourceFile>>, Box<Diagnostic>> {
        let mut files = Vec::new();
        for path in paths {
            files.extend(self.list(path, purpose)?);
        }
        let texts = self.texts(&files)?;
        let file = |(path, text): (String, String)| {
            let text = if is_go(&path) { String::new() } else { text };
            Arc::new(SourceFile { path, text })
        };
        Ok(files.into_iter().zip(texts).map(file).collect())
    }

    /// A file itself, or the files directly in a folder, by name.
    fn list(&self, path: &Path, purpose: Purpose) -> Result<Vec<String>, Box<Diagnostic>> {
        let shown = path.to_string_lossy().replace('\\', "/");
        let folder = shown.trim_start_matches("./").trim_end_matches('/');
        let listed = self.git(&["ls-tree", "-r", "-z", "--name-only", self.revision, "--", folder], b"")?;
        let listed = self.utf8(listed, "the names of its files")?;
        let is_direct = |file: &&str| {
            let inside = file.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
            *file == folder || inside.is_some_and(|name| !name.contains('/') && purpose.takes(name))
        };
        let mut files: Vec<String> = listed.split('\0').filter(is_direct).map(str::to_owned).collect();
        files.sort();
        Ok(files)
    }

    /// Their texts, by one process for all.
    fn texts(&self, files: &[String]) -> Result<Vec<String>, Box<Diagnostic>> {
        let asked: String = files.iter().map(|file| format!("{}:./{file}\n", self.revision)).collect();
        let answer = self.git(&["cat-file", "--batch"], asked.as_bytes())?;
        let mut rest = &answer[..];
        let mut texts = Vec::new();
        for file in files {
            // `<object> blob <bytes>`, the bytes, a line's end.
            let (text, left) = blob(rest).ok_or_else(|| self.failed(&format!("cannot read `{file}`")))?;
            texts.push(self.utf8(text.to_vec(), file)?);
            rest = left;
        }
        Ok(texts)
    }

    fn git(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, Box<Diagnostic>> {
        let run = || -> io::Result<_> {
            let mut command = Command::new("git");
            command.args(arguments).current_dir(self.root);
            let mut child =
                command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
            let mut stdin = child.stdin.take().ok_or_else(|| io::Error::other("it takes no input"))?;
            thread::scope(|scope| {
                // It answers while it is still asked. One that does not listen says why.
                scope.spawn(move || stdin.write_all(input));
                child.wait_with_output()
            })
        };
        let output = run().map_err(|error| self.failed(&format!("git cannot be run: {error}")))?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(self.failed(String::from_utf8_lossy(&output.stderr).trim())),
        }
    }

    fn utf8(&self, bytes: Vec<u8>, what: &str) -> Result<String, Box<Diagnostic>> {
        String::from_utf8(bytes).map_err(|_| self.failed(&format!("`{what}` is not UTF-8")))
    }

    fn failed(&self, reason: &str) -> Box<Diagnostic> {
        let message = format!("the SQL of `{}` cannot be read: {reason}", self.revision);
        Box::new(Diagnostic::error(message).help("name a commit, branch or tag of this repository"))
    }
}

/// The first object of what `cat-file --batch` prints, and what follows.
fn blob(answer: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let header = str::from_utf8(&answer[..end]).ok()?;
    let length: usize = header.split_once(" blob ")?.1.parse().ok()?;
    let body = &answer[end + 1..];
    Some((body.get(..length)?, body.get(length + 1..)?))
}
