//! What cargo and rustc are told: the paths to watch, the warnings, the errors.
//!
//! Errors take one of two ways. Where the code of an earlier build is in `OUT_DIR`, it stays, and rustc reports the
//! errors at the `include_queries!` call: editors show them there and complete by the code of before. Else, and always
//! where `BINDERY` is set, the script fails with cargo's own errors: those do not depend on any code being compiled.

use std::io;
use std::path::Path;

use crate::config::{Config, Mode, Output};
use crate::diagnostic::{Diagnostic, Severity};
use crate::error::Error;
use crate::generate::Files;
use crate::write;

/// Variables that decide what is generated or with which server.
const VARIABLES: [&str; 4] = ["BINDERY", "BINDERY_DATABASE_URL", "BINDERY_PG_BIN", "BINDERY_CACHE_DIR"];

/// Beside the code; a folder, since the files of code have the names of query files.
const ERRORS: &str = "errors";

/// Tells cargo when to run the script again.
pub(crate) fn watch(config: &Config) {
    for path in config.watched() {
        print("rerun-if-changed", &path.display().to_string());
    }
    for variable in VARIABLES {
        print("rerun-if-env-changed", variable);
    }
}

/// The same for variables that the migrations are completed with.
pub(crate) fn watch_variables(variables: &[String]) {
    variables.iter().for_each(|variable| print("rerun-if-env-changed", variable));
}

/// Tells warnings, which cargo repeats on each build until the script runs again.
pub(crate) fn warn<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>) {
    for diagnostic in diagnostics.into_iter().filter(|one| one.severity() == Severity::Warning) {
        diagnostic.untitled().lines().for_each(|line| print("warning", line));
    }
}

/// Fails the build, now or where the code is compiled.
pub(crate) fn fail(config: &Config, error: &Error) {
    match code_of_before(config) {
        Some(folder) if report_to_rustc(folder, error).is_ok() => {}
        _ => tell_cargo(error),
    }
}

/// Fails the script.
///
/// Cargo shows these lines once, as they are; what a script prints before it exits with a failure comes in the midst of
/// what cargo has to say about that.
pub(crate) fn tell_cargo(error: &Error) {
    warn(error.diagnostics());
    for diagnostic in errors(error) {
        diagnostic.untitled().lines().for_each(|line| print("error", line));
    }
}

/// Where the code of an earlier build is, if it may stand in.
fn code_of_before(config: &Config) -> Option<&Path> {
    match (&config.output, config.mode) {
        (Output::OutDir(Some(folder)), Mode::Update) => {
            Some(folder.as_path()).filter(|folder| folder.join("mod.rs").exists())
        }
        _ => None,
    }
}

/// Leaves the errors where `bindery::include_queries!()` finds them.
fn report_to_rustc(folder: &Path, error: &Error) -> io::Result<()> {
    let reports: Vec<String> = errors(error).map(Diagnostic::render).collect();
    // The first line follows rustc's own `error: `.
    let report = reports.join("\n\n").trim_start_matches("error: ").to_owned() + "\n";
    write_errors(folder, "$($report)*", &report)?;
    warn(error.diagnostics());
    let count = reports.len();
    let errors = if count == 1 { "error" } else { "errors" };
    print(
        "warning",
        &format!(
            "{count} {errors} in the SQL, which rustc reports; the code is that of the last build without"
        ),
    );
    // Cargo takes a script that has reported to rustc for done; the reason may lie in a file that it does not watch, or
    // outside of all files. A path that is never there makes it run again.
    print("rerun-if-changed", &folder.join(ERRORS).join("until-they-are-gone").display().to_string());
    Ok(())
}

/// Says beside the code for `include_queries!` that there are no errors.
///
/// # Errors
/// The folder cannot be written to.
pub(crate) fn clear_errors(output: &Output) -> io::Result<()> {
    match output {
        Output::OutDir(Some(folder)) => write_errors(folder, "", ""),
        Output::OutDir(None) | Output::SourceDir(_) => Ok(()),
    }
}

/// `include_queries!` hands a `compile_error!` over, so that its place is the call in the user's file, and not here.
fn write_errors(folder: &Path, outcome: &str, report: &str) -> io::Result<()> {
    let told = format!("macro_rules! bindery_errors {{ ($($report:tt)*) => {{ {outcome} }} }}\n");
    let files = [("macro.rs", told.as_str()), ("report.txt", report)];
    let files: Files = files.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    write::write_files(&folder.join(ERRORS), &files)
}

fn errors(error: &Error) -> impl Iterator<Item = &Diagnostic> {
    error.diagnostics().iter().filter(|diagnostic| diagnostic.is_error())
}

#[allow(clippy::print_stdout, reason = "cargo reads a build script's standard output")]
fn print(directive: &str, value: &str) {
    println!("cargo::{directive}={value}");
}
