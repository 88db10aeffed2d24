//! What to read, what to write and how strict to be: `bindery.toml`, the environment, defaults.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;

use bindery_migrate::Format as MigrationFormat;

use crate::diagnostic::Diagnostic;
use crate::error::Error;
use crate::progress::{Progress, Step};
use crate::settings::Settings;
use crate::toml_file;

/// The settings of one run.
///
/// ```no_run
/// # fn main() -> Result<(), bindery_build::Error> {
/// let report = bindery_build::Config::load()?.generate()?;
/// println!("cargo::warning={} queries", report.queries);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) root: PathBuf,
    pub(crate) migrations: Vec<PathBuf>,
    pub(crate) queries: Vec<PathBuf>,
    pub(crate) lock: PathBuf,
    pub(crate) output: Output,
    pub(crate) settings: Settings,
    pub(crate) mode: Mode,
    pub(crate) progress: Progress,
}

/// Where the code goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// `OUT_DIR/bindery`, for `bindery::include_queries!()`; nowhere outside of a build script.
    OutDir(Option<PathBuf>),
    /// A folder of the package, checked in.
    SourceDir(PathBuf),
}

/// How strict a run is about `bindery.lock`; set by the variable `BINDERY`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Generate from the lock if it fits the sources, else ask the server and write the lock. The default.
    #[default]
    Update,
    /// A lock that does not fit the sources is an error; no server is asked. `BINDERY=locked`.
    Locked,
    /// Ask the server about everything; an answer that differs from the lock is an error. `BINDERY=check`.
    Check,
}

impl Config {
    /// The settings of the package that is being built: its `bindery.toml`, if there is one, and the environment.
    ///
    /// # Errors
    /// `bindery.toml` cannot be read, or `BINDERY` is none of the known words.
    pub fn load() -> Result<Self, Error> {
        Self::load_from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| ".".into()))
    }

    /// The same for the package at `root`, whichever package is being built.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_from(root: impl Into<PathBuf>) -> Result<Self, Error> {
        let mut config = Self::new(root);
        config.read_toml()?;
        config.mode = Mode::from_env()?;
        Ok(config)
    }

    /// The defaults for the package at `root`: `migrations/`, `queries/`, `bindery.lock`, and `OUT_DIR` for the code;
    /// outside of a build script only the lock is written. No file and no variable but `OUT_DIR` is read.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let out = env::var_os("OUT_DIR").map(PathBuf::from);
        Self {
            migrations: vec!["migrations".into()],
            queries: vec!["queries".into()],
            lock: "bindery.lock".into(),
            output: Output::OutDir(out.map(|out| out.join("bindery"))),
            settings: Settings::default(),
            mode: Mode::Update,
            progress: Progress::default(),
            root: root.into(),
        }
    }

    /// Folders of migrations, or single files, relative to the package. The default is `migrations`.
    ///
    /// A file may be listed here and under [`queries`](Self::queries): what stands under a header is then a query, the
    /// rest is schema.
    pub fn migrations<P: Into<PathBuf>>(&mut self, paths: impl IntoIterator<Item = P>) -> &mut Self {
        self.migrations = paths.into_iter().map(Into::into).collect();
        self
    }

    /// The tool whose files the migrations are. The default is to see it from their names and annotations; a mix of tools
    /// is an error. In `bindery.toml`: `format = "dbmate"` under `[migrate]`.
    pub fn migrate_format(&mut self, format: MigrationFormat) -> &mut Self {
        self.settings.migrate.format = Some(format);
        self
    }

    /// Files of the migrations' folders to leave out, by their names without folders, such as migrations written in Go. A
    /// name that no file has is an error. The default is none. In `bindery.toml`: `skip = ["00003_x.go"]` under
    /// `[migrate]`.
    pub fn migrate_skip<N: Into<String>>(&mut self, names: impl IntoIterator<Item = N>) -> &mut Self {
        self.settings.migrate.skip = names.into_iter().map(Into::into).collect();
        self
    }

    /// Folders of query files, or single files, relative to the package. The default is `queries`.
    pub fn queries<P: Into<PathBuf>>(&mut self, paths: impl IntoIterator<Item = P>) -> &mut Self {
        self.queries = paths.into_iter().map(Into::into).collect();
        self
    }

    /// The lock file, relative to the package. The default is `bindery.lock`.
    pub fn lock(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.lock = path.into();
        self
    }

    /// A folder of the package to write the code to, to be checked in, instead of `OUT_DIR`.
    pub fn out_dir(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.output = Output::SourceDir(path.into());
        self
    }

    /// Takes elements of arrays for non-null wherever nothing else is said: `Vec<T>` instead of `Vec<Option<T>>`. A NULL
    /// element is then an error when its row is read. In `bindery.toml`: `array_elements = "not null"`.
    pub fn array_elements_not_null(&mut self) -> &mut Self {
        self.settings.null_elements = false;
        self
    }

    /// Takes over what `text` says, in the form of `bindery.toml`: `infinities = "error"`. See `docs/types.md` for the
    /// settings of types, which have no method of their own.
    ///
    /// # Errors
    /// Something in it is no setting, or cannot be what it is said to be.
    pub fn toml(&mut self, text: &str) -> Result<&mut Self, Error> {
        let mut mistakes = Vec::new();
        match text.parse::<toml::Table>() {
            Ok(table) => toml_file::apply(table, self, &mut mistakes),
            Err(error) => mistakes.push(error.to_string()),
        }
        match mistakes.is_empty() {
            true => Ok(self),
            false => Err(Error::new(mistakes.into_iter().map(toml_error).collect())),
        }
    }

    /// How strict to be. The default is [`Mode::Update`].
    pub fn mode(&mut self, mode: Mode) -> &mut Self {
        self.mode = mode;
        self
    }

    /// Calls `listener` before each step that may take long. Nobody is told by default.
    pub fn on_progress(&mut self, listener: impl Fn(&Step) + Send + Sync + 'static) -> &mut Self {
        self.progress = Progress::to(listener);
        self
    }

    /// Where the code goes, if anywhere.
    pub(crate) fn output_dir(&self) -> Option<PathBuf> {
        match &self.output {
            Output::OutDir(path) => path.clone(),
            Output::SourceDir(path) => Some(self.root.join(path)),
        }
    }

    /// The folders in which a change is one of the project's: those of migrations, of queries and of bindery.toml.
    pub fn watched_folders(&self) -> Vec<PathBuf> {
        let folder = |path: PathBuf| match path.is_dir() {
            true => Some(path),
            false => path.parent().map(PathBuf::from),
        };
        let paths = self.migrations.iter().chain(&self.queries).map(|path| self.root.join(path));
        let folders: BTreeSet<PathBuf> =
            paths.filter_map(folder).chain([self.root.clone()]).filter(|folder| folder.is_dir()).collect();
        folders.into_iter().collect()
    }

    /// The paths that cargo has to watch; one that does not exist would make it build every time.
    pub(crate) fn watched(&self) -> Vec<PathBuf> {
        let settings = [PathBuf::from(TOML), self.lock.clone()];
        let all = self.migrations.iter().chain(&self.queries).chain(&settings);
        let paths = all.map(|path| self.root.join(path));
        paths.filter(|path| path.exists()).collect()
    }

    fn read_toml(&mut self) -> Result<(), Error> {
        let path = self.root.join(TOML);
        if !path.exists() {
            return Ok(());
        }
        let text =
            fs::read_to_string(&path).map_err(|error| Error::new(vec![toml_error(error.to_string())]))?;
        self.toml(&text).map(|_| ())
    }
}

const TOML: &str = "bindery.toml";

impl Mode {
    fn from_env() -> Result<Self, Error> {
        match env::var("BINDERY").as_deref() {
            Err(_) | Ok("") => Ok(Self::Update),
            Ok("locked") => Ok(Self::Locked),
            Ok("check") => Ok(Self::Check),
            Ok(other) => {
                let message = format!("BINDERY is `{other}`, which means nothing");
                let help = "leave it unset, or set it to `locked` or `check`";
                Err(Error::new(vec![Diagnostic::error(message).help(help)]))
            }
        }
    }
}

fn toml_error(message: String) -> Diagnostic {
    Diagnostic::error(format!("{TOML}: {message}"))
}
