//! The little of SQL's lexical rules that the run time needs.

/// A name as SQL has it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The first keyword, behind comments and opening parentheses.
pub(crate) fn first_word(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '(');
        rest = match rest.get(..2) {
            Some("--") => rest.split_once('\n').map_or("", |(_, after)| after),
            Some("/*") => after_comment(rest),
            _ => break,
        };
    }
    let end = rest.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(rest.len());
    &rest[..end]
}

/// What follows a comment that may hold others, as PostgreSQL has it.
fn after_comment(sql: &str) -> &str {
    let mut depth = 0;
    let mut rest = sql;
    while let Some(at) = rest.find(['/', '*']) {
        rest = &rest[at..];
        let length = match rest.get(..2) {
            Some("/*") => {
                depth += 1;
                2
            }
            Some("*/") => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        rest = &rest[length..];
        if depth == 0 {
            return rest;
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_is_behind_comments() {
        let cases = [
            ("SELECT 1", "SELECT"),
            ("-- COPY\n/* a /* b */ c */ with x AS (SELECT 1) TABLE x", "with"),
            ("((VALUES (1)))", "VALUES"),
            ("-- only a comment", ""),
            ("/* open", ""),
            ("COPY t TO STDOUT", "COPY"),
            ("ä", ""),
        ];
        for (sql, word) in cases {
            assert_eq!(first_word(sql), word, "{sql}");
        }
    }
}
