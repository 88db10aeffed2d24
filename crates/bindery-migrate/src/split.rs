//! SQL -> commands: where PostgreSQL sees the end of one, whatever goose makes of it.

use crate::quotes::{Kind, Token, tokens};

/// What a text holds.
pub(crate) struct Commands<'t> {
    /// The commands, without spaces and comments.
    pub commands: Vec<Command<'t>>,
    /// What the text leaves open at its end.
    pub open: Option<&'static str>,
    /// The last `;` that ends a command, if nothing but spaces and comments follow it.
    pub end: Option<usize>,
}

/// A command's tokens.
pub(crate) struct Command<'t>(pub Vec<Token<'t>>);

impl Command<'_> {
    /// Whether the token at `index` is this word; words compare without case.
    pub fn is(&self, index: usize, word: &str) -> bool {
        self.0.get(index).is_some_and(|token| token.is(word))
    }

    /// Whether it begins with these words.
    pub fn begins(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(index, word)| self.is(index, word))
    }

    /// Whether it has this word anywhere.
    pub fn has(&self, word: &str) -> bool {
        self.0.iter().any(|token| token.is(word))
    }

    /// Whether it is a COPY whose data would follow it.
    pub fn is_copy_from_stdin(&self) -> bool {
        let from_stdin = (1..self.0.len()).any(|at| self.is(at, "from") && self.is(at + 1, "stdin"));
        self.is(0, "copy") && from_stdin
    }

    fn is_rule(&self) -> bool {
        self.begins(&["create", "rule"]) || self.begins(&["create", "or", "replace", "rule"])
    }

    fn ends(&self, word: &str) -> bool {
        self.0.last().is_some_and(|token| token.is(word))
    }

    /// Where it begins.
    pub fn offset(&self) -> usize {
        self.0.first().map_or(0, |token| token.offset)
    }
}

impl Token<'_> {
    fn is(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }
}

/// Cuts a text into its commands.
pub(crate) fn commands(sql: &str) -> Commands<'_> {
    let mut found = Commands { commands: Vec::new(), open: None, end: None };
    let mut depth = Depth::default();
    let mut command = Command(Vec::new());
    for token in tokens(sql) {
        if !token.closed {
            found.open = Some(name(token.kind));
        }
        if !token.kind.is_significant() {
            continue;
        }
        found.end = None;
        if token.text == ";" && depth.is_outside() {
            found.end = Some(token.offset);
            found.commands.push(std::mem::replace(&mut command, Command(Vec::new())));
        } else {
            depth.enter(&token, &command);
            command.0.push(token);
        }
    }
    found.open = found.open.or_else(|| depth.open());
    found.commands.push(command);
    found.commands.retain(|command| !command.0.is_empty());
    found
}

/// Just behind the `;` of the first command, or the end of the text.
pub(crate) fn end_of_first(sql: &str) -> usize {
    let mut depth = Depth::default();
    let mut command = Command(Vec::new());
    for token in tokens(sql).filter(|token| token.kind.is_significant()) {
        if token.text == ";" && depth.is_outside() {
            return token.offset + 1;
        }
        depth.enter(&token, &command);
        command.0.push(token);
    }
    sql.len()
}

/// What a `;` may stand in without ending the command: the parentheses of a rule, and the body of an SQL-standard
/// function (as psql tells them, PostgreSQL's `fe_utils/psqlscan.l`). Other parentheses hold none: one that is missing
/// is for the server to tell.
#[derive(Default)]
struct Depth {
    parentheses: usize,
    atomic: usize,
}

impl Depth {
    fn is_outside(&self) -> bool {
        self.parentheses == 0 && self.atomic == 0
    }

    fn enter(&mut self, token: &Token<'_>, before: &Command<'_>) {
        match token.text {
            "(" if before.is_rule() => self.parentheses += 1,
            ")" => self.parentheses = self.parentheses.saturating_sub(1),
            _ if self.atomic > 0 && token.is("case") => self.atomic += 1,
            _ if self.atomic > 0 && token.is("end") => self.atomic -= 1,
            _ if self.atomic == 0 && token.is("atomic") && before.is(0, "create") && before.ends("begin") => {
                self.atomic = 1;
            }
            _ => {}
        }
    }

    fn open(&self) -> Option<&'static str> {
        match self {
            Self { parentheses: 1.., .. } => Some("parentheses"),
            Self { atomic: 1.., .. } => Some("a BEGIN ATOMIC body"),
            _ => None,
        }
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::BlockComment => "a comment",
        Kind::QuotedName => "a quoted name",
        Kind::DollarBody => "a dollar-quoted body",
        _ => "a string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(sql: &str) -> Vec<&str> {
        commands(sql).commands.iter().map(|command| &sql[command.offset()..][..1]).collect()
    }

    #[test]
    fn commands_end_at_a_semicolon_outside_of_anything() {
        assert_eq!(starts("a ';'; -- ;\n/* ; */ b $$;$$;; c"), ["a", "b", "c"]);
        assert_eq!(starts("create rule r as on insert to t do also (a; (b)); d"), ["c", "d"]);
        let body =
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END; d;";
        assert_eq!(starts(body), ["C", "d"]);
        assert_eq!(end_of_first(body), body.len() - 3);
    }

    #[test]
    fn what_is_left_open_is_told() {
        assert_eq!(commands("SELECT 'a''b;', \"c'\", $$ ' $$ -- ' \n /* ' /* */ */;").open, None);
        assert_eq!(commands("a 'b;").open, Some("a string"));
        assert_eq!(commands("create or replace rule r as on insert to t do (b;").open, Some("parentheses"));
        assert_eq!(commands("a (b;").open, None);
        assert_eq!(commands("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1;").open, Some("a BEGIN ATOMIC body"));
        assert_eq!(commands("a; /* b").open, Some("a comment"));
    }

    #[test]
    fn an_end_is_one_that_only_comments_follow() {
        assert_eq!(commands("a; -- b\n/* c */").end, Some(1));
        assert_eq!(commands("a; b").end, None);
        assert_eq!(commands("a -- b;").end, None);
    }
}
