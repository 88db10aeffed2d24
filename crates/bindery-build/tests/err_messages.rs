//! Every sentence that a diagnostic can be made of is pinned somewhere: in a report under `err/`, or in a test.
//!
//! Sentences are the texts of several words in functions that make diagnostics; what is filled in is left out. A test
//! that fails here asks for a case in `err/`.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Files in which every function's sentences end in a diagnostic.
const WHOLE: [&str; 2] = ["suggest.rs", "toml_file.rs"];

/// No test can bring these about, each for its reason.
const UNTESTED: [&str; 3] = [
    // No sentence, but why it cannot be otherwise.
    "called with a comment",
    // A file that is listed and then cannot be read: root, who runs the tests, can read all.
    "cannot read `{shown}`: {error}",
    // Enums of more than a dozen labels.
    "it has {} labels, and none is near to this",
];

#[test]
fn every_sentence_is_pinned() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pinned = String::new();
    let mut sentences = Vec::new();
    for path in files(&root.join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        let is_test = path.ends_with("tests.rs");
        let (code, tests) = parts(text.parse().unwrap());
        if !is_test {
            let whole = WHOLE.iter().any(|name| path.ends_with(name));
            let found = sentences_of(code.clone(), whole).into_iter();
            sentences.extend(found.map(|sentence| (path.clone(), sentence)));
        }
        let tests = if is_test { code } else { tests };
        pinned.extend(literals(tests).into_iter().map(|literal| literal + "\n"));
    }
    for folder in [root.join("tests"), root.join("../bindery-cli/tests")] {
        for path in files(&folder).into_iter().filter(|path| !path.ends_with("err_messages.rs")) {
            let text = fs::read_to_string(&path).unwrap();
            match path.extension().is_some_and(|extension| extension == "rs") {
                true => {
                    pinned.extend(literals(text.parse().unwrap()).into_iter().map(|literal| literal + "\n"))
                }
                false => pinned.push_str(&text),
            }
        }
    }
    assert!(sentences.len() > 60, "where have they gone? {}", sentences.len());
    let is_pinned = |sentence: &str| UNTESTED.contains(&sentence) || pinned.contains(longest_part(sentence));
    let missing = sentences.iter().filter(|(_, sentence)| !is_pinned(sentence));
    let missing: Vec<String> = missing.map(|(path, text)| format!("{}: {text}", path.display())).collect();
    assert!(missing.is_empty(), "no test has these sentences:\n{}", missing.join("\n"));
}

/// The sources and the reports in a folder and its folders.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_read =
            path.extension().is_some_and(|extension| extension == "rs") || path.ends_with("expected.txt");
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if is_read => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

/// A file without its `#[cfg(test)]` modules, and these.
fn parts(file: TokenStream) -> (TokenStream, TokenStream) {
    let (mut code, mut tests) = (Vec::new(), Vec::new());
    let mut of_tests = false;
    for token in file {
        of_tests |= token.to_string().replace(' ', "") == "[cfg(test)]";
        let ends = matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        if of_tests {
            tests.push(token)
        } else {
            code.push(token)
        }
        of_tests &= !ends;
    }
    (code.into_iter().collect(), tests.into_iter().collect())
}

/// The texts of several words in functions that make diagnostics, or in all functions.
fn sentences_of(tokens: TokenStream, all: bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_function = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => in_function |= ident == "fn",
            TokenTree::Punct(punct) if punct.as_char() == ';' => in_function = false,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && in_function => {
                in_function = false;
                let body = group.stream().to_string().replace(' ', "");
                if all || body.contains("Diagnostic::error(") || body.contains("Diagnostic::warning(") {
                    found.extend(literals(group.stream()).into_iter().filter(|text| is_sentence(text)));
                }
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                found.extend(sentences_of(group.stream(), all));
            }
            _ => {}
        }
    }
    found
}

fn literals(tokens: TokenStream) -> Vec<String> {
    let of_token = |token| match token {
        TokenTree::Group(group) => literals(group.stream()),
        TokenTree::Literal(literal) => {
            let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
            text.map(|text| text.value()).into_iter().collect()
        }
        _ => Vec::new(),
    };
    tokens.into_iter().flat_map(of_token).collect()
}

fn is_sentence(text: &str) -> bool {
    longest_part(text).split_whitespace().count() > 1
}

/// What stands between the places that are filled in.
fn longest_part(text: &str) -> &str {
    let parts = text.split('{').map(|part| part.split_once('}').map_or(part, |(_, after)| after));
    parts.map(str::trim).max_by_key(|part| part.len()).unwrap_or_default()
}
