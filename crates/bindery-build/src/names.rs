//! From PostgreSQL's names to Rust's.

use heck::{ToSnakeCase, ToUpperCamelCase};

/// `FindCar` or `"Find Car"` to `find_car`, escaped where Rust has a keyword of that name.
pub(crate) fn snake(name: &str) -> String {
    if is_snake(name.as_bytes()) {
        return keyword_escaped(name.to_owned());
    }
    keyword_escaped(identifier(snake_case(name)))
}

/// `car_status` to `CarStatus`.
pub(crate) fn camel(name: &str) -> String {
    let camel = identifier(camel_case(name));
    if camel == "Self" { "Self_".to_owned() } else { camel }
}

/// `find_car` to `FIND_CAR`.
pub(crate) fn shouty(name: &str) -> String {
    let mut name = identifier(snake_case(name));
    match name.is_ascii() {
        true => name.make_ascii_uppercase(),
        false => name = name.to_uppercase(),
    }
    name
}

/// Whether a name stays what it is, as most columns' names do.
fn is_snake(name: &[u8]) -> bool {
    let mut after_gap = true;
    let mut at = 0;
    while at < name.len() {
        after_gap = match name[at] {
            b'a'..=b'z' => false,
            b'0'..=b'9' if at > 0 => false,
            b'_' if !after_gap => true,
            _ => return false,
        };
        at += 1;
    }
    !after_gap
}

/// As heck has it, which takes its time where it is not optimised: names are ASCII as a rule.
fn snake_case(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut snake = String::with_capacity(name.len() + 8);
    let mut previous = Case::None;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        match byte {
            b'a'..=b'z' => {
                if previous == Case::Gap && !snake.is_empty() {
                    snake.push('_');
                }
                previous = Case::Lower;
                snake.push(char::from(byte));
            }
            b'A'..=b'Z' => {
                let begins_word = match previous {
                    Case::None => false,
                    Case::Gap => !snake.is_empty(),
                    // `carId` is two words.
                    Case::Lower => true,
                    // So is `HTTPServer`.
                    Case::Upper => at < bytes.len() && bytes[at].is_ascii_lowercase(),
                };
                if begins_word {
                    snake.push('_');
                }
                previous = Case::Upper;
                snake.push(char::from(byte.to_ascii_lowercase()));
            }
            b'0'..=b'9' => {
                if previous == Case::Gap {
                    if !snake.is_empty() {
                        snake.push('_');
                    }
                    previous = Case::None;
                }
                snake.push(char::from(byte));
            }
            0..128 => previous = Case::Gap,
            _ => return name.to_snake_case(),
        }
    }
    snake
}

/// The case of the last letter of a word.
#[derive(Clone, Copy, PartialEq)]
enum Case {
    None,
    Lower,
    Upper,
    /// Between words.
    Gap,
}

fn camel_case(name: &str) -> String {
    if !name.is_ascii() {
        return name.to_upper_camel_case();
    }
    let snake = snake_case(name);
    let mut camel = String::with_capacity(snake.len());
    let mut begins_word = true;
    for byte in snake.into_bytes() {
        match byte {
            b'_' => begins_word = true,
            byte if begins_word => {
                camel.push(char::from(byte.to_ascii_uppercase()));
                begins_word = false;
            }
            byte => camel.push(char::from(byte)),
        }
    }
    camel
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
fn identifier(mut name: String) -> String {
    // Words in ASCII are letters and digits.
    if !name.is_ascii() {
        name = name.chars().map(|c| if c == '_' || c.is_alphanumeric() { c } else { '_' }).collect();
    }
    if name.starts_with(|c: char| !c.is_alphabetic() && c != '_') || name.is_empty() {
        name.insert(0, '_');
    }
    name
}

/// The keywords of every edition, strict and reserved, that can be raw identifiers; sorted.
const KEYWORDS: [&str; 48] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// `abstract`, `continue`, `override`
const LONGEST_KEYWORD: usize = 8;

/// Those that cannot.
const NEVER_RAW: [&str; 5] = ["crate", "self", "super", "Self", "_"];

fn keyword_escaped(name: String) -> String {
    // Most names are told apart by their length.
    if name.len() > LONGEST_KEYWORD {
        return name;
    }
    if KEYWORDS.binary_search(&name.as_str()).is_ok() {
        format!("r#{name}")
    } else if NEVER_RAW.contains(&name.as_str()) {
        format!("{name}_")
    } else {
        name
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
    fn ascii_names_are_as_heck_has_them() {
        let seed = std::env::var("BINDERY_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed: u64 = seed.unwrap_or_else(|| u64::from(std::process::id()));
        println!("BINDERY_SEED={seed}");
        let mut state = seed;
        for _ in 0..200_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let letter = |index: u64| char::from(b"abAB1_ -"[(state >> (20 + 3 * index)) as usize % 8]);
            let name: String = (0..state >> 61).map(letter).collect();
            assert_eq!(snake_case(&name), name.to_snake_case(), "{name:?}");
            assert!(!is_snake(name.as_bytes()) || name.to_snake_case() == name, "{name:?}");
            assert_eq!(camel_case(&name), name.to_upper_camel_case(), "{name:?}");
        }
    }

    #[test]
    fn keywords_are_sorted() {
        assert!(KEYWORDS.is_sorted());
        assert_eq!(KEYWORDS.iter().map(|keyword| keyword.len()).max(), Some(LONGEST_KEYWORD));
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
