//! `--from sqlc.yaml`: what sqlc was told, as bindery.toml says it.
//!
//! The SQL stays as it is. Every key of sqlc's configuration ends up in one of three lists: taken over, left to decide,
//! without a meaning here.

mod document;
mod findings;
mod keys;
mod overrides;
mod paths;
mod rename;
mod rules;
mod sets;
mod settings;

use std::path::Path;

use serde_json::{Map, Value};

use super::plan::Plan;
use crate::exit::Problem;
use crate::package::shown;
use findings::Findings;
use paths::Places;
use sets::Set;
use settings::{Section, Settings};

/// A mapping of the configuration.
type Object = Map<String, Value>;

/// What becomes of the configuration.
pub struct Import {
    settings: Settings,
    findings: Findings,
    /// As messages show it.
    file: String,
    /// Whether generated types derive serde's traits.
    pub has_serde: bool,
}

/// Reads the configuration at `path` for the package in `root`; `set` names one of its sets.
///
/// # Errors
/// The file cannot be read, or there is no single set of SQL in it for PostgreSQL.
pub fn read(path: &Path, set: Option<&str>, root: &Path) -> Result<Import, Problem> {
    let document = document::read(path)?;
    let file = shown(path);
    let wrong = |message: &str| Problem::new(format!("`{file}`: {message}"));
    let document = document.as_object().ok_or_else(|| wrong("this is no configuration of sqlc"))?;
    let all = sets::all(document).map_err(|message| wrong(&message))?;
    let places = Places::new(path, root)?;
    let chosen = sets::choose(&all, set, &places).map_err(|(message, help)| wrong(&message).help(help))?;
    let mut import =
        Import { settings: Settings::default(), findings: Findings::default(), file, has_serde: false };
    import.take_paths(&chosen, &places)?;
    import.take_document(document, &chosen, &places);
    import.leave_out(&all, &chosen);
    Ok(import)
}

impl Import {
    /// Has bindery.toml written, or its lines left to the user where there is one.
    pub fn plan(&self, plan: &mut Plan) {
        let path = plan.root.join("bindery.toml");
        let text = self.settings.text(&self.file);
        match plan.read(&path) {
            None => plan.create(path, text),
            Some(found) if found == text => {}
            Some(_) => {
                let lines = text.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n");
                let lines: String = lines.collect();
                plan.todo.push(format!("in {}, which is not touched:\n\n{}", shown(&path), lines.trim_end()));
            }
        }
    }

    /// The three lists.
    pub fn findings(&self) -> String {
        self.findings.text(&self.file)
    }

    fn take_paths(&mut self, chosen: &[&Set<'_>], places: &Places) -> Result<(), Problem> {
        for (key, ours) in [("schema", "migrations"), ("queries", "queries")] {
            let mut found = Vec::new();
            for set in chosen {
                let place = format!("{}.{key}", set.place);
                let listed = set.value.get(key).map(paths::listed).unwrap_or_default();
                let read = places.find(&listed).map_err(|what| {
                    Problem::new(format!("`{}`: {place}: {what}", self.file))
                        .help("paths are relative to the configuration, as for sqlc")
                })?;
                self.findings
                    .taken(&place, format!("`{ours}` = {}{}", settings::list(&read.paths), read.note()));
                found.extend(read.paths.into_iter().filter(|path| !found.contains(path)).collect::<Vec<_>>());
            }
            let from: Vec<String> = chosen.iter().map(|set| format!("{}.{key}", set.place)).collect();
            self.settings.set(Section::Root, ours, settings::list(&found), &from.join(", "));
        }
        Ok(())
    }

    fn take_document(&mut self, document: &Object, chosen: &[&Set<'_>], places: &Places) {
        let is_first = document.contains_key("packages");
        let top = if is_first { keys::FIRST } else { keys::SECOND };
        keys::tell("", document, &[top], &mut self.findings);
        let (overrides, renames) = global(document, is_first, &mut self.findings);
        let schema = places.texts(chosen);
        for (place, list) in overrides.iter().copied() {
            overrides::take(place, list, self.parts());
        }
        for (place, map) in renames.iter().copied() {
            rename::take(place, map, &schema, self.parts());
        }
        for set in chosen {
            self.take_set(set, &schema);
            rules::take(set, document, &mut self.findings);
        }
        rules::tell_unused(chosen, document, &mut self.findings);
    }

    fn take_set(&mut self, set: &Set<'_>, schema: &str) {
        let tables: &[_] = if set.is_first { &[keys::SET, keys::PACKAGE, keys::GO] } else { &[keys::SET] };
        keys::tell(&set.place, set.value, tables, &mut self.findings);
        set.tell_generators(&mut self.findings);
        let Some((place, go)) = &set.go else { return };
        self.has_serde |= keys::take_json(place, go, self.parts());
        if keys::is_on(go, "emit_interface") {
            let key = format!("{place}.emit_interface");
            self.settings.set(Section::Root, "query_traits", "\"on\"".to_owned(), &key);
            self.findings.taken(&key, "`query_traits` = \"on\": a trait for each query struct");
        }
        if let Some(list) = go.get("overrides") {
            overrides::take(&format!("{place}.overrides"), list, self.parts());
        }
        if let Some(map) = go.get("rename") {
            rename::take(&format!("{place}.rename"), map, schema, self.parts());
        }
    }

    fn leave_out(&mut self, all: &[Set<'_>], chosen: &[&Set<'_>]) {
        for set in all.iter().filter(|set| !chosen.iter().any(|one| one.place == set.place)) {
            let why = match set.is_postgres() {
                true => "left out: `--set` has named another; a package has one set of SQL".to_owned(),
                false => format!("left out: its engine is `{}`, and Bindery is for PostgreSQL", set.engine),
            };
            self.findings.none(&set.shown(), why);
        }
    }

    fn parts(&mut self) -> Parts<'_> {
        Parts { settings: &mut self.settings, findings: &mut self.findings }
    }
}

/// Where what is taken over is written down.
struct Parts<'i> {
    settings: &'i mut Settings,
    findings: &'i mut Findings,
}

/// A part of the configuration, with the key that it stands under.
type Placed<'v> = (&'static str, &'v Value);

/// `overrides` and `rename` that hold for all sets.
fn global<'v>(
    document: &'v Object,
    is_first: bool,
    findings: &mut Findings,
) -> (Option<Placed<'v>>, Option<Placed<'v>>) {
    if is_first {
        let part = |key| document.get(key);
        return (
            part("overrides").map(|list| ("overrides", list)),
            part("rename").map(|map| ("rename", map)),
        );
    }
    let Some(by_language) = document.get("overrides").and_then(Value::as_object) else { return (None, None) };
    keys::tell("overrides", by_language, &[keys::LANGUAGES], findings);
    let Some(go) = by_language.get("go").and_then(Value::as_object) else { return (None, None) };
    keys::tell("overrides.go", go, &[keys::GLOBAL_GO], findings);
    let part = |key| go.get(key);
    (
        part("overrides").map(|list| ("overrides.go.overrides", list)),
        part("rename").map(|map| ("overrides.go.rename", map)),
    )
}
