//! Cargo.toml: the dependencies that are missing, with everything else left as it is.

use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::plan::{Plan, Step};
use super::source::Example;
use crate::exit::Problem;
use crate::package::{Package, shown};

const DEPENDENCIES: &str = "dependencies";
const BUILD_DEPENDENCIES: &str = "build-dependencies";

/// Bindery's crates have one version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The folder of Bindery's crates, absolute.
///
/// # Errors
/// They are not there.
pub fn check_crates(folder: &Path) -> Result<PathBuf, Problem> {
    let wrong = |why: String| {
        Problem::new(format!("--path: `{}` {why}", folder.display()))
            .help("name the folder `crates` of a checkout of Bindery")
    };
    let crates = folder.canonicalize().map_err(|error| wrong(format!("cannot be used: {error}")))?;
    let names = ["bindery", "bindery-build", "bindery-migrate", "bindery-postgres"];
    match names.iter().find(|name| !crates.join(name).join("Cargo.toml").is_file()) {
        Some(name) => Err(wrong(format!("has no `{name}/Cargo.toml`"))),
        None => Ok(crates),
    }
}

/// A dependency that the package has to have.
struct Needed {
    table: &'static str,
    name: &'static str,
    value: Value,
}

/// What generated code needs besides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Traits {
    /// serde's, which bindery.toml has types derive.
    Serde,
    None,
}

pub fn plan(plan: &mut Plan, package: &Package, crates: Option<&Path>, example: Example, traits: Traits) {
    let path = package.root.join("Cargo.toml");
    let Some(before) = plan.read(&path) else { return };
    let mut manifest = package.manifest.clone();
    if manifest.contains_key("build_dependencies") {
        let message = format!("`{}` has [build_dependencies], which cargo takes no more", package.shown());
        plan.problems.push(Problem::new(message).help("call it [build-dependencies]"));
        return;
    }
    let mut added = Vec::new();
    for needed in needed(crates, example, traits) {
        match add(&mut manifest, &needed) {
            Ok(Change::Added) => added.push(format!("`{}`", needed.name)),
            Ok(Change::None) => {}
            Err(what) => plan.problems.push(Problem::new(format!("`{}`: {what}", shown(&path)))),
        }
    }
    if example == Example::Runs && lacks_features(&manifest) {
        plan.todo.push(format!(
            "in {}, for the example: tokio's features `macros` and `rt-multi-thread`",
            shown(&path)
        ));
    }
    if traits == Traits::Serde && !added.contains(&"`bindery`".to_owned()) {
        plan.todo.push(format!(
            "in {}, unless they are there: bindery's feature `serde`, serde's `derive`",
            shown(&path)
        ));
    }
    if !added.is_empty() {
        let text = with_line_ends_of(&before, manifest.to_string());
        plan.steps.insert(0, Step::Extend { path, before, text, what: added.join(", ") });
    }
}

fn needed(crates: Option<&Path>, example: Example, traits: Traits) -> Vec<Needed> {
    let own = |table, name| Needed { table, name, value: own_crate(crates, name) };
    let mut needed = vec![own(DEPENDENCIES, "bindery")];
    if traits == Traits::Serde {
        needed[0].value = with_features(needed[0].value.clone(), &["serde"]);
        needed.push(Needed {
            table: DEPENDENCIES,
            name: "serde",
            value: with_features("1".into(), &["derive"]),
        });
    }
    if example == Example::Runs {
        needed.extend(["bindery-migrate", "bindery-postgres"].map(|name| own(DEPENDENCIES, name)));
    }
    needed.push(Needed { table: DEPENDENCIES, name: "tokio", value: tokio() });
    needed.push(own(BUILD_DEPENDENCIES, "bindery-build"));
    needed
}

fn own_crate(crates: Option<&Path>, name: &str) -> Value {
    let Some(crates) = crates else { return VERSION.into() };
    let path = crates.join(name).to_string_lossy().into_owned();
    InlineTable::from_iter([("path", path)]).into()
}

fn tokio() -> Value {
    with_features("1".into(), &["macros", "rt-multi-thread"])
}

/// A dependency, a version or a table, with features.
fn with_features(dependency: Value, features: &[&str]) -> Value {
    let mut table = match dependency {
        Value::InlineTable(table) => table,
        version => InlineTable::from_iter([("version", version)]),
    };
    table.insert("features", Array::from_iter(features.iter().copied()).into());
    table.into()
}

enum Change {
    Added,
    None,
}

/// Adds it, unless it is there in whatever form.
///
/// # Errors
/// What cargo would not take either, or what would make it a second name of the same package.
fn add(manifest: &mut DocumentMut, needed: &Needed) -> Result<Change, String> {
    let Needed { table, name, value } = needed;
    let item = manifest.entry(table).or_insert_with(|| Item::Table(Table::new()));
    let dependencies = item.as_table_like_mut().ok_or_else(|| format!("`{table}` is no table"))?;
    if dependencies.contains_key(name) {
        return Ok(Change::None);
    }
    if let Some(other) = renamed(dependencies, name) {
        return Err(format!("`{other}` in [{table}] is `{name}`, which has to go by its own name"));
    }
    dependencies.insert(name, Item::Value(value.clone()));
    Ok(Change::Added)
}

/// Whether the tokio that is there cannot run the example; what a workspace says of it is taken to be enough.
fn lacks_features(manifest: &DocumentMut) -> bool {
    let Some(tokio) = manifest.get(DEPENDENCIES).and_then(|all| all.get("tokio")) else { return false };
    let features = tokio.get("features").and_then(Item::as_array);
    let has = |name: &str| {
        let mut all = features.into_iter().flatten();
        all.any(|feature| feature.as_str() == Some(name))
    };
    let is_enough = has("full") || (has("macros") && has("rt-multi-thread"));
    tokio.get("workspace").is_none() && !is_enough
}

/// The name that the package is given there, if it is not its own.
fn renamed(dependencies: &dyn TableLike, name: &str) -> Option<String> {
    let package = |item: &Item| item.get("package").and_then(Item::as_str).map(str::to_owned);
    let mut all = dependencies.iter();
    all.find(|(_, item)| package(item).as_deref() == Some(name)).map(|(other, _)| other.to_owned())
}

/// The editor ends new lines with a line feed, whatever the other ones end with.
fn with_line_ends_of(before: &str, text: String) -> String {
    match before.contains("\r\n") {
        true => text.replace("\r\n", "\n").replace('\n', "\r\n"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(manifest: &str) -> String {
        let mut document: DocumentMut = manifest.parse().unwrap();
        for needed in needed(None, Example::None, Traits::None) {
            add(&mut document, &needed).unwrap_or_else(|error| panic!("{error}"));
        }
        document.to_string()
    }

    #[test]
    fn what_is_missing_is_added_and_the_rest_stays() {
        let bindery = format!("bindery = \"{VERSION}\"\n");
        let tokio = "tokio = { version = \"1\", features = [\"macros\", \"rt-multi-thread\"] }\n";
        let build = format!("\n[build-dependencies]\nbindery-build = \"{VERSION}\"\n");
        let package = "[package] # mine\nname='app'\n";
        assert_eq!(added(package), format!("{package}\n[dependencies]\n{bindery}{tokio}{build}"));
        let with = |dependencies: &str| {
            format!("{package}\n[dependencies]\n# why\nzero  = \"0\" # this\n{dependencies}")
        };
        assert_eq!(added(&with("")), with(&format!("{bindery}{tokio}{build}")));
        let profile = "\n# fast\n[profile.release]\nlto = true\n";
        assert_eq!(added(&with(profile)), with(&format!("{bindery}{tokio}{profile}{build}")));
    }

    #[test]
    fn a_dependency_that_is_there_stays_in_whatever_form() {
        let build = "[build-dependencies.bindery-build]\nworkspace = true\n";
        for there in [
            "[dependencies]\nbindery.workspace = true\ntokio = '1'\n",
            "[dependencies.bindery]\npath = '..'\n[dependencies.tokio]\nversion = '1'\n",
            "[dependencies]\nbindery = { git = 'x' }\ntokio = { workspace = true }\n",
        ] {
            let manifest = format!("[package]\nname = 'app'\n{there}{build}");
            assert_eq!(added(&manifest), manifest);
        }
        let inline = "dependencies = { bindery = '1', tokio = '1' }\n[package]\nname = 'app'\n[build-dependencies]\n\
            bindery-build = '1'\n";
        assert_eq!(added(inline), inline);
    }

    #[test]
    fn the_example_needs_features_of_tokio() {
        let lacks = |tokio: &str| {
            let text = format!("[dependencies]\ntokio{tokio}\n");
            lacks_features(&text.parse().unwrap())
        };
        assert!(lacks(" = '1'") && lacks(" = { version = '1', features = ['macros', 'rt'] }"));
        assert!(!lacks(".workspace = true") && !lacks(" = { version = '1', features = ['full'] }"));
        assert!(!lacks_features(&"[package]\nname = 'app'\n".parse().unwrap()));
    }

    #[test]
    fn windows_line_ends_stay() {
        let before = "[package]\r\nname = 'app'\r\n[dependencies]\r\n";
        let text = with_line_ends_of(before, added(before));
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    }
}
