//! `cargo bindery migrate create`

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bindery_build::Config;
use bindery_migrate::{CreateError, Numbering, new_files};
use clap::Args;

use super::options::Files;
use crate::context::Context;
use crate::exit::{Exit, Failure, Problem};
use crate::package::shown;

/// Make a migration's file, and print its path
#[derive(Args)]
#[command(
    after_help = "Examples:\n  cargo bindery migrate create add seats\n  $EDITOR $(cargo bindery migrate create AddSeats)\n\nNumbers go on as the newest file has them: 00007, or the second in UTC, 20260102150405. The first file is 00001."
)]
pub struct Create {
    /// What the migration does; it is turned into snake case
    #[arg(required = true)]
    name: Vec<String>,
    #[command(flatten)]
    files: Files,
    /// Take the next number, behind the last that is no timestamp
    #[arg(long, conflicts_with = "timestamp")]
    sequential: bool,
    /// Take the second in which it is made
    #[arg(long)]
    timestamp: bool,
}

impl Create {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let config = self.files.config(context)?;
        let paths = config.migration_paths()?;
        let numbering = match (self.sequential, self.timestamp) {
            (true, _) => Some(Numbering::Sequential),
            (_, true) => Some(Numbering::Timestamp),
            _ => None,
        };
        let names: Vec<String> = paths.iter().map(|path| shown(path)).collect();
        let (format, name) = (config.migration_format()?, self.name.join(" "));
        let files = new_files(format, &names, &name, numbering, SystemTime::now()).map_err(refused)?;
        let folder = folder(&config, &paths).map_err(|problem| Failure::Package(vec![problem]))?;
        for file in files {
            let path = folder.join(&file.name);
            write(&path, &file.text).map_err(|error| {
                let problem = Problem::new(format!("`{}` cannot be made: {error}", shown(&path)));
                Failure::Package(vec![problem])
            })?;
            context.terminal.print(format_args!("{}\n", shown(&path)));
        }
        Ok(Exit::Success)
    }
}

fn refused(error: CreateError) -> Failure {
    let problem = Problem::new(error.to_string());
    match error {
        CreateError::NumberTaken(_) => {
            let help = "call it again in a second, or with `--sequential`";
            Failure::Package(vec![problem.help(help)])
        }
        _ => Failure::Usage(problem),
    }
}

/// That of the last file, else the first that is named.
fn folder(config: &Config, paths: &[PathBuf]) -> Result<PathBuf, Problem> {
    let folders: Vec<PathBuf> =
        config.migration_folders().into_iter().filter(|folder| !folder.is_file()).collect();
    let of_last = paths.iter().rev().find_map(|path| folders.iter().find(|of| path.parent() == Some(of)));
    of_last.or(folders.first()).cloned().ok_or_else(|| {
        let message = "`migrations` in bindery.toml names single files, of which a new one would be none";
        Problem::new(message).help("name a folder there")
    })
}

/// Never over a file that is there.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
