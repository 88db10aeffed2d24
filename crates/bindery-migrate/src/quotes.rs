//! Whether a statement ends outside of quotes and comments.
//!
//! goose cuts at a `;` at a line's end wherever that stands, so a function's body without StatementBegin is cut in two;
//! no server runs such halves, which makes it safe to refuse them.

/// What a text leaves open at its end, if anything.
pub(crate) fn left_open(sql: &str) -> Option<&'static str> {
    let mut rest = sql;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let (after, what) = step(rest, first, before);
        match after {
            Some(after) => rest = after,
            None => return Some(what),
        }
        before = first;
    }
    None
}

/// The text after the quote, comment or character that `rest` begins with; none if it never ends.
fn step(rest: &str, first: char, before: char) -> (Option<&str>, &'static str) {
    match first {
        '-' if rest.starts_with("--") => (Some(rest.find('\n').map_or("", |newline| &rest[newline..])), ""),
        '/' if rest.starts_with("/*") => (after_comment(rest), "a comment"),
        // `E'...'` takes backslashes as escapes, other strings do not.
        '\'' => (after_quote(&rest[1..], '\'', before.eq_ignore_ascii_case(&'e')), "a string"),
        '"' => (after_quote(&rest[1..], '"', false), "a quoted name"),
        '$' if !before.is_alphanumeric() && before != '_' => {
            (after_dollar_quote(rest), "a dollar-quoted body")
        }
        _ => (Some(&rest[first.len_utf8()..]), ""),
    }
}

/// A doubled quote ends one and begins another, which comes to the same.
fn after_quote(text: &str, quote: char, backslash_escapes: bool) -> Option<&str> {
    let mut escaped = false;
    for (index, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' && backslash_escapes {
            escaped = true;
        } else if c == quote {
            return Some(&text[index + c.len_utf8()..]);
        }
    }
    None
}

/// Comments nest.
fn after_comment(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix("/*") {
            depth += 1;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("*/") {
            depth -= 1;
            rest = after;
            if depth == 0 {
                return Some(rest);
            }
        } else {
            rest = &rest[rest.chars().next()?.len_utf8()..];
        }
    }
}

/// `$tag$ ... $tag$`; a `$` that opens none is a character like others.
fn after_dollar_quote(text: &str) -> Option<&str> {
    let tag_end = text[1..].find('$').map(|end| end + 1);
    let is_tag = |tag: &str| {
        !tag.starts_with(|c: char| c.is_ascii_digit()) && tag.chars().all(|c| c == '_' || c.is_alphanumeric())
    };
    match tag_end.filter(|end| is_tag(&text[1..*end])) {
        Some(end) => {
            let (tag, body) = text.split_at(end + 1);
            body.find(tag).map(|close| &body[close + tag.len()..])
        }
        None => Some(&text[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::left_open;

    #[test]
    fn what_is_closed_is_not_open() {
        let closed = "SELECT 'a''b;', \"c'\", E'd\\'', $1, $$ ' $$, $x$ $$ $x$ -- ' \n /* ' /* */ */, a$b;";
        assert_eq!(left_open(closed), None);
    }

    #[test]
    fn what_is_not_closed_is_open() {
        assert_eq!(left_open("SELECT 'a;"), Some("a string"));
        assert_eq!(left_open("SELECT \"a;"), Some("a quoted name"));
        assert_eq!(left_open("CREATE FUNCTION f() AS $$ BEGIN;"), Some("a dollar-quoted body"));
        assert_eq!(left_open("SELECT 1 /* a /* b */;"), Some("a comment"));
        assert_eq!(left_open("SELECT E'\\';"), Some("a string"));
    }
}
