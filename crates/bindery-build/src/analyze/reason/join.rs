//! Where the outer joins stand in the text: trees do not say, so FROM clauses are read from the tokens.
//!
//! The reading is no judge. A join is found again by its kind and by the relations on both of its sides, and one that does
//! not stand out like that is not placed.

use crate::lex::{self, TokenKind};

/// By `JoinType` of PostgreSQL's `nodes.h`.
pub(super) const KINDS: [&str; 4] = ["INNER", "LEFT", "FULL", "RIGHT"];

/// Words that end a FROM clause.
const CLAUSES: [&str; 13] = [
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "FOR",
    "RETURNING",
];

/// An outer join of a text.
#[derive(Debug, PartialEq)]
pub(super) struct WrittenJoin {
    kind: &'static str,
    /// What the relations on each side are called, sorted.
    left: Vec<String>,
    right: Vec<String>,
    /// Where its first word stands, in bytes.
    at: usize,
}

/// Where a join stands, if it is the only one like that.
pub(super) fn place(joins: &[WrittenJoin], kind: &str, left: &[String], right: &[String]) -> Option<usize> {
    let (left, right) = (sorted(left.to_vec()), sorted(right.to_vec()));
    let mut same = joins.iter().filter(|join| join.kind == kind && join.left == left && join.right == right);
    same.next().filter(|_| same.next().is_none()).map(|join| join.at)
}

/// The outer joins of a text.
pub(super) fn read(sql: &str) -> Vec<WrittenJoin> {
    let mut tokens = lex::tokens(sql).unwrap_or_default();
    tokens.retain(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment));
    let mut reader = Reader { sql, tokens: &tokens, at: 0, joins: Vec::new() };
    while reader.at < tokens.len() {
        reader.read_nested();
    }
    reader.joins
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

struct Reader<'t> {
    sql: &'t str,
    tokens: &'t [lex::Token],
    at: usize,
    joins: Vec<WrittenJoin>,
}

/// The words between two relations of FROM.
struct Operator {
    kind: &'static str,
    /// Whether ON or USING follows its right side.
    has_condition: bool,
    words: usize,
}

impl Reader<'_> {
    /// Goes on behind the closing parenthesis, or to the end.
    fn read_nested(&mut self) {
        while let Some(token) = self.tokens.get(self.at) {
            let is_from = self.is("FROM") || self.is("USING");
            self.at += 1;
            match token.kind {
                TokenKind::Open => self.read_nested(),
                TokenKind::Close => return,
                _ if is_from => self.read_list(),
                _ => {}
            }
        }
    }

    /// `a, b LEFT JOIN c ON ...`
    fn read_list(&mut self) {
        self.read_item();
        while self.is_text(",") {
            self.at += 1;
            self.read_item();
        }
    }

    /// Relations and what joins them; their names come back.
    fn read_item(&mut self) -> Vec<String> {
        let mut names = self.read_relation();
        while let Some(operator) = self.operator() {
            let at = self.tokens[self.at].range.start;
            self.at += operator.words;
            let right = if operator.has_condition { self.read_item() } else { self.read_relation() };
            if operator.kind != KINDS[0] {
                let (left, right) = (sorted(names.clone()), sorted(right.clone()));
                self.joins.push(WrittenJoin { kind: operator.kind, left, right, at });
            }
            names.extend(right);
            if operator.has_condition && (self.is("ON") || self.is("USING")) {
                self.at += 1;
                self.skip_condition();
            }
        }
        names
    }

    /// `cars`, `public.cars AS c (id, plate)`, `(SELECT ...) x`, `(a JOIN b ON ...)`
    fn read_relation(&mut self) -> Vec<String> {
        let (mut names, mut alias, mut is_sampled) = (Vec::new(), None, false);
        while self.is("LATERAL") || self.is("ONLY") {
            self.at += 1;
        }
        if self.is_open() {
            self.at += 1;
            if ["SELECT", "WITH", "VALUES", "TABLE"].iter().any(|word| self.is(word)) {
                self.read_nested();
            } else {
                names = self.read_item();
                self.read_nested();
            }
        }
        while !self.ends_relation() {
            match self.tokens[self.at].kind {
                TokenKind::Open => {
                    self.at += 1;
                    self.read_nested();
                    continue;
                }
                _ if ["AS", "WITH", "ORDINALITY"].iter().any(|word| self.is(word)) => {}
                TokenKind::Word { .. } if self.is("TABLESAMPLE") => is_sampled = true,
                TokenKind::Word { quoted } if !is_sampled => {
                    let text = self.tokens[self.at].text(self.sql);
                    alias = Some(if quoted { text.to_owned() } else { text.to_lowercase() });
                }
                _ => {}
            }
            self.at += 1;
        }
        // The alias of joined relations hides their names, but the tree still has them.
        if names.is_empty() { alias.into_iter().collect() } else { names }
    }

    /// Past a join's condition.
    fn skip_condition(&mut self) {
        let mut brackets = 0_usize;
        while brackets > 0 || !self.ends_relation() {
            match self.tokens.get(self.at).map(|token| &token.kind) {
                None => return,
                Some(TokenKind::Open) => {
                    self.at += 1;
                    self.read_nested();
                    continue;
                }
                _ if self.is_text("[") => brackets += 1,
                _ if self.is_text("]") => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
        }
    }

    fn ends_relation(&self) -> bool {
        let Some(token) = self.tokens.get(self.at) else { return true };
        matches!(token.kind, TokenKind::Close | TokenKind::Semicolon)
            || self.is_text(",")
            || self.is("ON")
            || self.is("USING")
            || CLAUSES.iter().any(|word| self.is(word))
            || self.operator().is_some()
    }

    fn operator(&self) -> Option<Operator> {
        let is_natural = self.is("NATURAL");
        let mut words = usize::from(is_natural);
        let is_cross = self.is("CROSS");
        let kinds = ["INNER", "LEFT", "FULL", "RIGHT"];
        let kind = kinds.into_iter().find(|kind| self.is_at(self.at + words, kind));
        words += usize::from(kind.is_some() || is_cross);
        words +=
            usize::from(kind.is_some_and(|kind| kind != "INNER") && self.is_at(self.at + words, "OUTER"));
        let has_condition = !is_natural && !is_cross;
        let operator = Operator { kind: kind.unwrap_or(KINDS[0]), has_condition, words: words + 1 };
        self.is_at(self.at + words, "JOIN").then_some(operator)
    }

    fn is(&self, word: &str) -> bool {
        self.is_at(self.at, word)
    }

    /// Whether the keyword stands there; behind a period it would be a name.
    fn is_at(&self, at: usize, word: &str) -> bool {
        let is_word = self.tokens.get(at).is_some_and(|token| {
            token.kind == TokenKind::Word { quoted: false } && token.text(self.sql).eq_ignore_ascii_case(word)
        });
        let before = at.checked_sub(1).and_then(|before| self.tokens.get(before));
        is_word && before.is_none_or(|token| token.kind != TokenKind::Period)
    }

    fn is_text(&self, text: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| &self.sql[token.range.clone()] == text)
    }

    fn is_open(&self) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.kind == TokenKind::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a,b LEFT c` a join.
    fn shown(sql: &str) -> Vec<String> {
        let join = |join: WrittenJoin| {
            format!("{} {} {} {}", join.at, join.left.join(","), join.kind, join.right.join(","))
        };
        read(sql).into_iter().map(join).collect()
    }

    #[test]
    fn both_sides_of_a_join_are_read() {
        let cases: [(&str, &[&str]); 15] = [
            ("SELECT 1 FROM a LEFT JOIN b ON a.x = b.x", &["16 a LEFT b"]),
            ("SELECT 1 FROM a x left outer join s.b AS y USING (i)", &["18 x LEFT y"]),
            (
                "SELECT 1 FROM a RIGHT JOIN b ON f(1, 2) FULL JOIN c ON true",
                &["16 a RIGHT b", "40 a,b FULL c"],
            ),
            (
                "SELECT 1 FROM a JOIN b LEFT JOIN c ON 1 ON 2 LEFT JOIN d ON 3",
                &["23 b LEFT c", "45 a,b,c LEFT d"],
            ),
            ("SELECT 1 FROM a LEFT JOIN (b JOIN c ON 1) ON 2", &["16 a LEFT b,c"]),
            ("SELECT 1 FROM a LEFT JOIN b CROSS JOIN c ON 2", &["16 a LEFT b,c"]),
            (
                "SELECT 1 FROM z, a LEFT JOIN b ON x = ARRAY[1, 2], c LEFT JOIN d ON 1",
                &["19 a LEFT b", "53 c LEFT d"],
            ),
            ("SELECT 1 FROM a NATURAL LEFT JOIN b JOIN c ON 1", &["16 a LEFT b"]),
            (
                "SELECT 1 FROM (SELECT 1 FROM p LEFT JOIN q ON 1) s LEFT JOIN t ON 1",
                &["31 p LEFT q", "51 s LEFT t"],
            ),
            ("SELECT (SELECT 1 FROM a LEFT JOIN b ON 1), left(x, 1) FROM c", &["24 a LEFT b"]),
            ("SELECT 1 FROM a LEFT JOIN f(1) WITH ORDINALITY t (x) ON a.left = 1", &["16 a LEFT t"]),
            ("SELECT 1 FROM a LEFT JOIN LATERAL (SELECT 1) \"X\" ON true WHERE 1", &["16 a LEFT X"]),
            ("SELECT 1 FROM a TABLESAMPLE system (1) LEFT JOIN b ON 1", &["39 a LEFT b"]),
            ("DELETE FROM a USING b LEFT JOIN c USING (id) WHERE 1", &["22 b LEFT c"]),
            ("UPDATE a SET x = 1 FROM b /* LEFT JOIN x */ LEFT JOIN c ON 1", &["44 b LEFT c"]),
        ];
        for (sql, expected) in cases {
            assert_eq!(shown(sql), expected, "{sql}");
        }
    }

    #[test]
    fn a_join_that_is_there_twice_has_no_place() {
        let sql = "SELECT 1 FROM a LEFT JOIN b ON 1 UNION SELECT 1 FROM a LEFT JOIN b ON 2";
        let names = |name: &str| [name.to_owned()];
        assert_eq!(place(&read(sql), "LEFT", &names("a"), &names("b")), None);
        assert_eq!(place(&read(&sql[..33]), "LEFT", &names("a"), &names("b")), Some(16));
    }
}
