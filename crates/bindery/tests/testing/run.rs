//! Samples in processes of their own, and servers to run them on.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use bindery_postgres::{Client, Database, Installation, NoTls, Server};

/// A process that runs a sample.
pub fn sample(name: &str) -> Command {
    ignored(&["--exact", "--nocapture", &format!("samples::{name}")])
}

/// A process that runs tests that are ignored.
pub fn ignored(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--ignored").args(arguments);
    for variable in ["BINDERY_KEEP", "BINDERY_DATABASE_URL", "NEXTEST_EXECUTION_MODE"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

/// What a process says; how it ends has to be as expected.
pub fn outcome(mut command: Command, succeeds: bool) -> String {
    let output = command.output().unwrap();
    let text = text(&output);
    assert_eq!(output.status.success(), succeeds, "{text}");
    text
}

pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A process that is killed should the test fail.
pub struct Running(pub Child);

/// What the sample says that waits.
pub struct Waiting {
    /// The session that has migrated.
    pub migrated_by: String,
    pub url: String,
}

impl Running {
    /// Its input and output are read and written here.
    pub fn start(mut command: Command) -> Self {
        Self(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    pub fn until_it_waits(&mut self) -> Waiting {
        let mut said = String::new();
        let mut output = BufReader::new(self.0.stdout.as_mut().unwrap());
        while !said.contains("waits on ") {
            assert_ne!(output.read_line(&mut said).unwrap(), 0, "{said}");
        }
        let [migrated_by, url] = ["migrated by ", "waits on "].map(|word| behind(&said, word).to_owned());
        Waiting { migrated_by, url }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The rest of the first line that has `word` in it.
pub fn behind<'t>(text: &'t str, word: &str) -> &'t str {
    let (_, rest) = text.split_once(word).unwrap_or_else(|| panic!("no {word:?} in {text}"));
    rest.lines().next().unwrap_or_default()
}

/// A server to name in BINDERY_DATABASE_URL; none, with a message, where there are no programs to start one.
pub fn given() -> Option<Given> {
    match Installation::find() {
        Ok(installation) => Some(Given(Server::temporary(&installation).unwrap().create_database().unwrap())),
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    }
}

pub struct Given(Database);

impl Given {
    /// A process that runs a sample on it.
    pub fn sample(&self, name: &str) -> Command {
        let mut command = sample(name);
        command.env("BINDERY_DATABASE_URL", self.0.url());
        command
    }

    pub fn connect(&self, database: &str) -> Client {
        self.0.config().dbname(database).connect(NoTls).unwrap()
    }

    /// The databases on it, its own apart.
    pub fn databases(&self) -> Vec<String> {
        let sql = "SELECT datname::text FROM pg_database
                   WHERE datname LIKE 'bindery\\__%' ORDER BY datname";
        let rows = self.connect(self.0.name()).query(sql, &[]).unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}
