//! From PostgreSQL's names to Rust's.

use heck::{ToSnakeCase, ToUpperCamelCase};

/// `FindCar` or `"Find Car"` to `find_car`, escaped where Rust has a keyword of that name.
pub(crate) fn snake(name: &str) -> String {
    keyword_escaped(identifier(name.to_snake_case()))
}

/// `car_status` to `CarStatus`.
pub(crate) fn camel(name: &str) -> String {
    let camel = identifier(name.to_upper_camel_case());
    if camel == "Self" { "Self_".to_owned() } else { camel }
}

/// `find_car` to `FIND_CAR`.
pub(crate) fn shouty(name: &str) -> String {
    identifier(name.to_snake_case()).to_uppercase()
}

/// The singular of an English plural, by the last word of `name`, so that a row of `cars` is a `Car`.
///
/// The rules are those of the inflection that sqlc uses, with its own exceptions
/// (sqlc, `internal/inflection/singular.go`): a word that is no regular plural stays as it is.
pub(crate) fn singular(name: &str) -> String {
    let start = name.rfind('_').map_or(0, |underscore| underscore + 1);
    let (head, word) = name.split_at(start);
    format!("{head}{}", singular_word(word))
}

/// Names that are the same after conversion become `name_2`, `name_3`, ...
pub(crate) fn distinct(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for name in names {
        let mut candidate = name.clone();
        let mut count = 1;
        while distinct.contains(&candidate) {
            count += 1;
            candidate = format!("{}_{count}", name.trim_start_matches("r#"));
        }
        distinct.push(candidate);
    }
    distinct
}

const UNCHANGED: [&str; 18] = [
    "address",
    "analysis",
    "basis",
    "bus",
    "calories",
    "campus",
    "canvas",
    "data",
    "equipment",
    "gas",
    "information",
    "lens",
    "meta",
    "metadata",
    "news",
    "series",
    "species",
    "waves",
];

const IRREGULAR: [(&str, &str); 14] = [
    ("analyses", "analysis"),
    ("bases", "basis"),
    ("caches", "cache"),
    ("children", "child"),
    ("crises", "crisis"),
    ("feet", "foot"),
    ("indices", "index"),
    ("matrices", "matrix"),
    ("men", "man"),
    ("mice", "mouse"),
    ("movies", "movie"),
    ("people", "person"),
    ("shoes", "shoe"),
    ("women", "woman"),
];

/// Endings and what replaces them; the first that fits is taken.
const ENDINGS: [(&str, &str); 15] = [
    ("sses", "ss"),
    ("shes", "sh"),
    ("ches", "ch"),
    ("xes", "x"),
    ("zzes", "zz"),
    ("buses", "bus"),
    ("tuses", "tus"),
    ("oes", "o"),
    ("ives", "ive"),
    ("lves", "lf"),
    ("ies", "y"),
    ("ss", "ss"),
    ("us", "us"),
    ("is", "is"),
    ("s", ""),
];

fn singular_word(word: &str) -> String {
    let lower = word.to_lowercase();
    if UNCHANGED.contains(&lower.as_str()) {
        return word.to_owned();
    }
    if let Some((_, singular)) = IRREGULAR.iter().find(|(plural, _)| *plural == lower) {
        return (*singular).to_owned();
    }
    for (ending, replacement) in ENDINGS {
        // `ties` is `tie`, `cities` is `city`.
        let shortest = if ending == "ies" { 4 } else { ending.len() };
        if let Some(stem) = word.strip_suffix(ending).filter(|_| word.len() > shortest) {
            return format!("{stem}{replacement}");
        }
    }
    word.to_owned()
}

/// Replaces what an identifier cannot hold: the empty name, a leading digit, a character that is no part of words.
fn identifier(name: String) -> String {
    let mut name: String =
        name.chars().map(|c| if c == '_' || c.is_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| !c.is_alphabetic() && c != '_') || name.is_empty() {
        name.insert(0, '_');
    }
    name
}

/// The keywords of every edition, strict and reserved; the last five cannot be raw identifiers.
const KEYWORDS: [&str; 53] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    "crate", "self", "super", "Self", "_",
];

fn keyword_escaped(name: String) -> String {
    match KEYWORDS.iter().position(|keyword| *keyword == name) {
        Some(index) if index >= KEYWORDS.len() - 5 => format!("{name}_"),
        Some(_) => format!("r#{name}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        assert_eq!(snake("FindCarByID"), "find_car_by_id");
        assert_eq!(snake("type"), "r#type");
        assert_eq!(snake("self"), "self_");
        assert_eq!(snake("?column?"), "column");
        assert_eq!(snake("2nd place"), "_2nd_place");
        assert_eq!(snake("größe"), "größe");
        assert_eq!(camel("car_status"), "CarStatus");
        assert_eq!(camel("PG-13"), "Pg13");
        assert_eq!(shouty("FindCar"), "FIND_CAR");
    }

    #[test]
    fn plurals_become_singular() {
        let pairs = [
            ("cars", "car"),
            ("car_stations", "car_station"),
            ("categories", "category"),
            ("ties", "tie"),
            ("addresses", "address"),
            ("address", "address"),
            ("statuses", "status"),
            ("status", "status"),
            ("boxes", "box"),
            ("branches", "branch"),
            ("people", "person"),
            ("houses", "house"),
            ("movies", "movie"),
            ("film", "film"),
            ("archives", "archive"),
            ("metadata", "metadata"),
            ("s", "s"),
        ];
        for (plural, expected) in pairs {
            assert_eq!(singular(plural), expected, "{plural}");
        }
    }

    #[test]
    fn equal_names_are_numbered() {
        let names = ["id", "id", "name", "id"].map(str::to_owned);
        assert_eq!(distinct(names), ["id", "id_2", "name", "id_3"]);
    }
}
