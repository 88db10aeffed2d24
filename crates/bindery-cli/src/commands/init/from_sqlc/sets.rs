//! sqlc's sets of SQL, `sql` or `packages`, and the one that the package gets.

use serde_json::Value;

use super::findings::Findings;
use super::keys;
use super::paths::{Places, listed};
use super::{Object, settings};

/// What sqlc takes where nothing is said, in version 1.
const DEFAULT_ENGINE: &str = "postgresql";

/// One entry of `sql`, or of version 1's `packages`.
pub struct Set<'v> {
    /// `sql[0]`
    pub place: String,
    pub name: Option<&'v str>,
    pub engine: &'v str,
    pub value: &'v Object,
    /// What Go's generator was told, and where.
    pub go: Option<(String, &'v Object)>,
    /// Of version 1.
    pub is_first: bool,
    /// Counted from 1.
    number: usize,
}

impl Set<'_> {
    pub fn is_postgres(&self) -> bool {
        self.engine == DEFAULT_ENGINE
    }

    /// `sql[0] (ondeck)`
    pub fn shown(&self) -> String {
        match self.name {
            Some(name) => format!("{} ({name})", self.place),
            None => self.place.clone(),
        }
    }

    fn texts(&self, key: &str) -> Vec<&str> {
        self.value.get(key).map(listed).unwrap_or_default()
    }

    /// The keys of `gen`, of its generators, of `database` and of `analyzer`.
    pub fn tell_generators(&self, findings: &mut Findings) {
        for (key, table) in [("database", keys::DATABASE), ("analyzer", keys::ANALYZER)] {
            if let Some(part) = self.value.get(key).and_then(Value::as_object) {
                keys::tell(&format!("{}.{key}", self.place), part, &[table], findings);
            }
        }
        if self.is_first {
            return;
        }
        if let Some(part) = self.value.get("gen").and_then(Value::as_object) {
            keys::tell(&format!("{}.gen", self.place), part, &[keys::LANGUAGES], findings);
        }
        if let Some((place, go)) = &self.go {
            keys::tell(place, go, &[keys::GO], findings);
        }
    }
}

/// All sets of the configuration.
///
/// # Errors
/// It is of another version, or has none.
pub fn all(document: &Object) -> Result<Vec<Set<'_>>, String> {
    let version = match document.get("version") {
        Some(Value::String(version)) => version.clone(),
        Some(other) => other.to_string(),
        None => return Err("it has no `version`, which sqlc asks for".to_owned()),
    };
    let (key, is_first) = match version.as_str() {
        "1" => ("packages", true),
        "2" => ("sql", false),
        other => return Err(format!("its version is {other}; known are 1 and 2")),
    };
    let listed = document.get(key).and_then(Value::as_array).filter(|sets| !sets.is_empty());
    let listed = listed.ok_or_else(|| format!("it has no list `{key}`"))?;
    let read = listed.iter().enumerate().map(|(index, value)| {
        let place = format!("{key}[{index}]");
        match value.as_object() {
            Some(value) => Ok(one(place, index + 1, value, is_first)),
            None => Err(format!("{place} is no mapping")),
        }
    });
    read.collect()
}

fn one(place: String, number: usize, value: &Object, is_first: bool) -> Set<'_> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    // Version 1 names a package by its folder where it has no name.
    let folder =
        text("path").filter(|_| is_first).and_then(|path| path.trim_end_matches('/').rsplit('/').next());
    let engine = text("engine").unwrap_or(if is_first { DEFAULT_ENGINE } else { "" });
    let go = match is_first {
        true => Some((place.clone(), value)),
        false => {
            let go = value.get("gen").and_then(|generators| generators.get("go")).and_then(Value::as_object);
            go.map(|go| (format!("{place}.gen.go"), go))
        }
    };
    Set { name: text("name").or(folder), engine, value, go, is_first, number, place }
}

/// Why there is no choice, and what to do.
type Refusal = (String, String);

/// The set that is named; else the only one of PostgreSQL; else all of those, if they share their schema and no module
/// would stand for two files.
///
/// # Errors
/// None of these is there.
pub fn choose<'s, 'v>(
    all: &'s [Set<'v>],
    named: Option<&str>,
    places: &Places,
) -> Result<Vec<&'s Set<'v>>, Refusal> {
    if let Some(named) = named {
        return choose_named(all, named).map(|set| vec![set]);
    }
    let postgres: Vec<&Set<'_>> = all.iter().filter(|set| set.is_postgres()).collect();
    let help = || format!("name one: {}", choices(&postgres));
    match &postgres[..] {
        [] => {
            let engines: Vec<String> =
                all.iter().map(|set| format!("{}: `{}`", set.shown(), set.engine)).collect();
            let message = format!("no set is for PostgreSQL ({})", engines.join(", "));
            Err((message, "sqlc's `engine: postgresql` is what Bindery is for".to_owned()))
        }
        [_] => Ok(postgres),
        [first, rest @ ..] if rest.iter().any(|set| set.texts("schema") != first.texts("schema")) => {
            let message = format!("{} sets are for PostgreSQL, with different schemas", postgres.len());
            Err((format!("{message}; a package has one"), help()))
        }
        _ => match twice(&postgres, places) {
            Some(module) => Err((format!("two query files would be the module `{module}`"), help())),
            None => Ok(postgres),
        },
    }
}

fn choose_named<'s, 'v>(all: &'s [Set<'v>], named: &str) -> Result<&'s Set<'v>, Refusal> {
    let by_name = all.iter().find(|set| set.name == Some(named) && set.is_postgres());
    let by_name = by_name.or(all.iter().find(|set| set.name == Some(named)));
    let found = by_name.or(all.iter().find(|set| set.number.to_string() == named));
    match found {
        None => {
            let all: Vec<&Set<'_>> = all.iter().collect();
            Err((format!("no set is called `{named}`"), format!("there are: {}", choices(&all))))
        }
        Some(set) if set.is_postgres() => Ok(set),
        Some(set) => {
            let message = format!("{} is for `{}`, and Bindery is for PostgreSQL", set.shown(), set.engine);
            Err((message, "name another set".to_owned()))
        }
    }
}

/// `--set 1`, by name where it is the only one of that name.
fn choices(sets: &[&Set<'_>]) -> String {
    let choices = sets.iter().map(|set| match set.name {
        Some(name) if sets.iter().filter(|other| other.name == Some(name)).count() == 1 => {
            format!("`--set {}` ({})", settings::word(name), set.place)
        }
        _ => format!("`--set {}` ({})", set.number, set.place),
    });
    choices.collect::<Vec<_>>().join(", ")
}

/// A module that two files would become.
fn twice(sets: &[&Set<'_>], places: &Places) -> Option<String> {
    let mut files: Vec<String> = sets.iter().flat_map(|set| places.files(&set.texts("queries"))).collect();
    files.sort();
    files.dedup();
    let mut modules: Vec<&str> =
        files.iter().map(|file| file.rsplit('/').next().unwrap_or(file).trim_end_matches(".sql")).collect();
    modules.sort_unstable();
    modules.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0].to_owned())
}
