//! The plain case of [`super::tokens`]: the same tokens as from sqlparser, found by bytes.
//!
//! A build script is compiled unoptimised, where sqlparser's tokenizer takes most of a build that asks no server. Here
//! only that is read which can have one meaning; at the first byte of anything else (`E'...'`, `COPY`, nested comments,
//! operators of extensions, letters outside of ASCII) the whole text is left to sqlparser. The tests show that both say
//! the same.

use super::{Token, TokenKind};

/// The tokens of `text`; none if it is not plain.
pub(super) fn scan(text: &str) -> Option<Vec<Token>> {
    let mut scanner = Scanner { text, bytes: text.as_bytes(), tokens: Vec::with_capacity(text.len() / 3) };
    let mut at = 0;
    while at < scanner.bytes.len() {
        at = scanner.read_token(at)?;
    }
    Some(scanner.tokens)
}

/// What a byte can begin, or be a part of.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    Space,
    Letter,
    Digit,
    Operator,
    /// A token of its own.
    Single,
    Other,
}

/// By byte: a look-up is one step also where nothing is optimised.
const CLASSES: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 128 {
        classes[byte] = match byte as u8 {
            b' ' | b'\t' | b'\n' | b'\r' => Class::Space,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=' | b'~' | b'!' | b'@' | b'#' | b'%' | b'^'
            | b'&' | b'|' | b'?' => Class::Operator,
            b',' | b';' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b':' => Class::Single,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
}

/// Runs of operator characters that are one operator each.
const OPERATORS: [&str; 25] = [
    "=", "<", ">", "<=", ">=", "<>", "!=", "||", "+", "-", "*", "/", "%", "->", "->>", "#>", "#>>", "@>",
    "<@", "@@", "&&", "~", "~*", "!~", "!~*",
];

/// Those of them after which an `@` begins a parameter: `id=@id`.
const BEFORE_AT: [&str; 10] = ["=", ">", "<=", ">=", "<>", "!=", "||", "+", "*", "/"];

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    tokens: Vec<Token>,
}

impl Scanner<'_> {
    /// Reads the token that begins at `start`; returns where it ends.
    fn read_token(&mut self, start: usize) -> Option<usize> {
        match CLASSES[self.bytes[start] as usize] {
            Class::Space => {
                let mut end = start + 1;
                while end < self.bytes.len() && CLASSES[self.bytes[end] as usize] == Class::Space {
                    end += 1;
                }
                self.push(TokenKind::Space, start, end)
            }
            Class::Letter => self.read_word(start),
            Class::Digit => self.read_number(start),
            Class::Operator => self.read_operator(start),
            Class::Single => {
                let kind = match self.bytes[start] {
                    b';' => TokenKind::Semicolon,
                    b'(' => TokenKind::Open,
                    b')' => TokenKind::Close,
                    b',' => TokenKind::Comma,
                    b'[' | b']' => TokenKind::Bracket,
                    _ => TokenKind::Other,
                };
                self.push(kind, start, start + 1)
            }
            Class::Other => match self.bytes[start] {
                b'\'' => self.read_quoted(TokenKind::String, '\'', start),
                b'"' => self.read_quoted(TokenKind::Word { quoted: true }, '"', start),
                b'$' => self.read_dollar(start),
                b'.' => match self.byte(start + 1) {
                    b'.' | b'_' | b'0'..=b'9' => None,
                    _ => self.push(TokenKind::Period, start, start + 1),
                },
                _ => None,
            },
        }
    }

    fn push(&mut self, kind: TokenKind, start: usize, end: usize) -> Option<usize> {
        super::push(&mut self.tokens, Token { kind, range: start..end });
        Some(end)
    }

    /// The byte at `at`, or 0 at the text's end.
    fn byte(&self, at: usize) -> u8 {
        if at < self.bytes.len() { self.bytes[at] } else { 0 }
    }

    /// Where the letters, digits and `_` end that begin at `start`.
    fn alphanumeric_end(&self, start: usize) -> usize {
        let mut end = start;
        while end < self.bytes.len()
            && matches!(CLASSES[self.bytes[end] as usize], Class::Letter | Class::Digit)
        {
            end += 1;
        }
        end
    }

    fn read_word(&mut self, start: usize) -> Option<usize> {
        let mut end = self.alphanumeric_end(start);
        while self.byte(end) == b'$' {
            end = self.alphanumeric_end(end + 1);
        }
        let after = self.byte(end);
        // `E'...'`, `U&'...'`; what follows COPY ... FROM STDIN is no SQL.
        let is_prefix = end == start + 1 && matches!(after, b'\'' | b'"' | b'&');
        let is_copy = end == start + 4 && self.text[start..end].eq_ignore_ascii_case("copy");
        if is_prefix || is_copy || after >= 128 {
            return None;
        }
        self.push(TokenKind::Word { quoted: false }, start, end)
    }

    /// `12` or `1.5`
    fn read_number(&mut self, start: usize) -> Option<usize> {
        let after_period = self.tokens.last().is_some_and(|token| token.kind == TokenKind::Period);
        let mut end = self.digits_end(start);
        if self.byte(end) == b'.' {
            end = self.digits_end(end + 1);
        }
        let after = self.byte(end);
        let goes_on = matches!(after, b'.' | b'$' | 128..) || CLASSES[after as usize] == Class::Letter;
        if after_period || goes_on || self.bytes[end - 1] == b'.' {
            return None;
        }
        self.push(TokenKind::Other, start, end)
    }

    fn digits_end(&self, start: usize) -> usize {
        let mut end = start;
        while end < self.bytes.len() && CLASSES[self.bytes[end] as usize] == Class::Digit {
            end += 1;
        }
        end
    }

    /// Up to its closing quote; a doubled one is part of the text.
    fn read_quoted(&mut self, kind: TokenKind, quote: char, start: usize) -> Option<usize> {
        let mut end = start + 1;
        loop {
            end += self.text[end..].find(quote)? + 1;
            if self.byte(end) != quote as u8 {
                return self.push(kind, start, end);
            }
            end += 1;
        }
    }

    /// `$1`, `$$...$$` or `$tag$...$tag$`
    fn read_dollar(&mut self, start: usize) -> Option<usize> {
        let end = self.alphanumeric_end(start + 1);
        let after = self.byte(end);
        if after == b'$' && CLASSES[self.byte(start + 1) as usize] != Class::Digit {
            let delimiter = &self.text[start..=end];
            let end = end + 1;
            let end = end + self.text[end..].find(delimiter)? + delimiter.len();
            return self.push(TokenKind::Other, start, end);
        }
        let is_number = self.digits_end(start + 1) == end && end > start + 1;
        if !is_number || after == b'$' || after >= 128 {
            return None;
        }
        match self.text[start + 1..end].parse() {
            Ok(number) => self.push(TokenKind::Placeholder(number), start, end),
            Err(_) => None,
        }
    }

    /// An operator, or a comment, whose marks are characters of operators too.
    fn read_operator(&mut self, start: usize) -> Option<usize> {
        match (self.bytes[start], self.byte(start + 1)) {
            (b'-', b'-') => return self.read_line_comment(start),
            (b'/', b'*') => return self.read_block_comment(start),
            _ => {}
        }
        let mut end = start + 1;
        while end < self.bytes.len() && CLASSES[self.bytes[end] as usize] == Class::Operator {
            end += 1;
        }
        let operator = &self.text[start..end];
        if operator == "@" {
            return self.push(TokenKind::At, start, end);
        }
        // Also where a comment begins in it: that is in neither list.
        if OPERATORS.contains(&operator) {
            return self.push(TokenKind::Other, start, end);
        }
        let before_word = self.byte(end) == b'"' || CLASSES[self.byte(end) as usize] == Class::Letter;
        let bare = operator.strip_suffix('@').filter(|bare| before_word && BEFORE_AT.contains(bare))?;
        let at = start + bare.len();
        self.push(TokenKind::Other, start, at);
        self.push(TokenKind::At, at, end)
    }

    fn read_line_comment(&mut self, start: usize) -> Option<usize> {
        let rest = &self.text[start..];
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let end = start + line.find('\r').unwrap_or(line.len());
        self.push(TokenKind::Comment, start, end)
    }

    fn read_block_comment(&mut self, start: usize) -> Option<usize> {
        let body = &self.text[start + 2..];
        let star = body.find("*/")?;
        // Nested, be it that `/*/` opens one.
        if body[..=star].contains("/*") {
            return None;
        }
        self.push(TokenKind::Comment, start, start + 2 + star + 2)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{by_sqlparser, tests::Numbers};
    use super::scan;

    /// Pieces that are put together at random; what is beside what decides how they are read.
    const PIECES: [&str; 84] = [
        " ",
        " ",
        " ",
        "\n",
        "\t",
        "\r\n",
        "\r",
        "a",
        "id",
        "SELECT",
        "e",
        "E",
        "b",
        "n",
        "u",
        "U&",
        "x",
        "X",
        "_",
        "$",
        "$$",
        "$1",
        "$12",
        "$99999999999",
        "$tag$",
        "$a",
        "1",
        "0",
        "0x1",
        "1.5",
        "1.",
        ".5",
        ".",
        "..",
        ",",
        ";",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ":",
        "::",
        ":=",
        "'",
        "''",
        "'it''s'",
        "'a'",
        "\"",
        "\"\"",
        "\"a b\"",
        "--",
        "-- c",
        "-- c\n",
        "/*",
        "*/",
        "/* c */",
        "/*/",
        "=",
        "<",
        ">",
        "<=",
        "<>",
        "!",
        "!=",
        "|",
        "||",
        "+",
        "-",
        "*",
        "/",
        "%",
        "@",
        "@id",
        "&",
        "&&",
        "~",
        "#",
        "?",
        "\\",
        "`",
        "ü",
        "copy",
    ];

    /// What is said of `text` by bytes, if anything, has to be what sqlparser says.
    fn is_plain_and_the_same(text: &str, said: &str) -> bool {
        let Some(tokens) = scan(text) else { return false };
        assert_eq!(Ok(tokens), by_sqlparser(text), "{said}: {text:?}");
        true
    }

    #[test]
    fn sqlparser_says_the_same_of_random_texts() {
        let seed = std::env::var("BINDERY_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
        println!("BINDERY_SEED={seed}");
        let mut numbers = Numbers(seed);
        let mut plain = 0;
        for _ in 0..100_000 {
            let length = 1 + numbers.below(9);
            let text: String = (0..length).map(|_| PIECES[numbers.below(PIECES.len())]).collect();
            plain += usize::from(is_plain_and_the_same(&text, &format!("BINDERY_SEED={seed}")));
        }
        println!("{plain} of 100,000 were plain");
        assert!(plain > 10_000);
    }

    #[test]
    fn sqlparser_says_the_same_of_real_files() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let (mut files, mut plain) = (0, 0);
        for folder in ["migrations", "queries", "crates/bindery-build/tests", "../shared"] {
            let folder = root.join(folder);
            if !folder.exists() {
                println!("{} is not there: skipped", folder.display());
                continue;
            }
            for path in sql_files(&folder) {
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                files += 1;
                plain += usize::from(is_plain_and_the_same(&text, &path.display().to_string()));
            }
        }
        println!("{plain} of {files} files are plain");
        assert!(plain > 0);
    }

    fn sql_files(folder: &Path) -> Vec<std::path::PathBuf> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(sql_files(&path));
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                found.push(path);
            }
        }
        found
    }

    #[test]
    fn what_people_write_is_plain() {
        for text in [
            "-- name: A :one\nSELECT a.b, 'it''s', \"C d\", $1::int4, count(*) FROM t WHERE x=@y AND z >= @z;\r\n",
            "/* c */ SELECT $$ a $$, $f$ $$ $f$, 1.5, a->>'b', tags @> @tags, a||@b, c[1:2];",
        ] {
            assert!(is_plain_and_the_same(text, "written"), "{text}");
        }
    }
}
