//! SQL -> tokens, as PostgreSQL's scanner sees them: what is quoted, what is a comment, what is a word.
//!
//! goose knows no quotes: this is how the places are found where it reads a file in another way than the server.

/// A piece of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'t> {
    pub kind: Kind,
    /// Where it begins, in bytes.
    pub offset: usize,
    pub text: &'t str,
    /// Whether it ends; what is quoted, and a comment, may not.
    pub closed: bool,
}

impl Token<'_> {
    pub fn end(&self) -> usize {
        self.offset + self.text.len()
    }
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Space,
    LineComment,
    BlockComment,
    String,
    QuotedName,
    DollarBody,
    /// A keyword or a name.
    Word,
    /// A number or a parameter.
    Number,
    /// One character of anything else.
    Sign,
}

impl Kind {
    /// Whether it is neither a space nor a comment.
    pub fn is_significant(self) -> bool {
        !matches!(self, Self::Space | Self::LineComment | Self::BlockComment)
    }
}

/// The tokens of `sql`, all of it in order.
pub(crate) fn tokens(sql: &str) -> impl Iterator<Item = Token<'_>> {
    let mut offset = 0;
    std::iter::from_fn(move || {
        let rest = &sql[offset..];
        let (kind, end) = first(rest, rest.chars().next()?);
        let text = &rest[..end.unwrap_or(rest.len())];
        let token = Token { kind, offset, text, closed: end.is_some() };
        offset += text.len();
        Some(token)
    })
}

/// What `rest` begins with, and where that ends.
fn first(rest: &str, first: char) -> (Kind, Option<usize>) {
    let while_is = |is: fn(char) -> bool| Some(rest.find(|c| !is(c)).unwrap_or(rest.len()));
    match first {
        _ if is_space(first) => (Kind::Space, while_is(is_space)),
        '-' if rest.starts_with("--") => {
            (Kind::LineComment, Some(rest.find(['\n', '\r']).unwrap_or(rest.len())))
        }
        '/' if rest.starts_with("/*") => (Kind::BlockComment, end_of_comment(rest)),
        '\'' => (Kind::String, end_of_quote(rest, 1, Escapes::None)),
        // `E'...'` takes backslashes as escapes, other strings do not.
        'e' | 'E' if rest[1..].starts_with('\'') => (Kind::String, end_of_quote(rest, 2, Escapes::Backslash)),
        '"' => (Kind::QuotedName, end_of_quote(rest, 1, Escapes::None)),
        '$' => dollar(rest),
        _ if first.is_ascii_digit() => (Kind::Number, while_is(|c| c.is_ascii_alphanumeric() || c == '_')),
        _ if is_word(first) => (Kind::Word, while_is(|c| is_word(c) || c == '$')),
        _ => (Kind::Sign, Some(first.len_utf8())),
    }
}

/// PostgreSQL takes no other character for a space, such as a no-break space.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

#[derive(Clone, Copy, PartialEq)]
enum Escapes {
    None,
    Backslash,
}

/// A doubled quote ends a quote and begins another.
fn end_of_quote(text: &str, open: usize, escapes: Escapes) -> Option<usize> {
    let quote = text[..open].chars().next_back()?;
    let mut rest = text[open..].char_indices();
    while let Some((index, c)) = rest.next() {
        if c == '\\' && escapes == Escapes::Backslash {
            rest.next();
        } else if c == quote {
            let end = open + index + 1;
            match gap_to_more(&text[end..]).filter(|_| escapes == Escapes::Backslash) {
                Some(gap) => rest.nth(gap),
                None => return Some(end),
            };
        }
    }
    None
}

/// An escape string goes on after a doubled quote, and in a later line: what follows takes escapes too.
fn gap_to_more(after: &str) -> Option<usize> {
    let gap = after.find(|c| !is_space(c)).filter(|gap| after[*gap..].starts_with('\''))?;
    (gap == 0 || after[..gap].contains(['\n', '\r'])).then_some(gap)
}

/// Comments nest.
fn end_of_comment(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    loop {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += rest.chars().next()?.len_utf8();
        }
    }
}

/// `$tag$ ... $tag$`, or `$1`; any other `$` is a sign.
fn dollar(text: &str) -> (Kind, Option<usize>) {
    let digits = text[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len() - 1);
    if digits > 0 {
        return (Kind::Number, Some(1 + digits));
    }
    let tag_end = 1 + text[1..].find(|c| !is_word(c)).unwrap_or(text.len() - 1);
    if !text[tag_end..].starts_with('$') {
        return (Kind::Sign, Some(1));
    }
    let (tag, body) = text.split_at(tag_end + 1);
    (Kind::DollarBody, body.find(tag).map(|close| tag.len() + close + tag.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(sql: &str) -> Vec<(Kind, &str)> {
        tokens(sql).filter(|token| token.kind != Kind::Space).map(|token| (token.kind, token.text)).collect()
    }

    fn last(sql: &str) -> (Kind, bool) {
        tokens(sql).last().map(|token| (token.kind, token.closed)).unwrap()
    }

    #[test]
    fn tokens_are_those_of_the_server() {
        use Kind::*;
        assert_eq!(kinds("a$b$ 'x''y'"), [(Word, "a$b$"), (String, "'x'"), (String, "'y'")]);
        assert_eq!(kinds("E'd\\'' e'\\\\'"), [(String, "E'd\\''"), (String, "e'\\\\'")]);
        assert_eq!(kinds("E'a' \n'b\\'c'"), [(String, "E'a' \n'b\\'c'")]);
        assert_eq!(kinds("E'a' 'b\\'"), [(String, "E'a'"), (String, "'b\\'")]);
        assert_eq!(kinds("name'C:\\'"), [(Word, "name"), (String, "'C:\\'")]);
        assert_eq!(kinds("$1 $ä$ $$ $ä$"), [(Number, "$1"), (DollarBody, "$ä$ $$ $ä$")]);
        assert_eq!(
            kinds("/* /* */ */-- x\r;"),
            [(BlockComment, "/* /* */ */"), (LineComment, "-- x"), (Sign, ";")]
        );
        assert_eq!(kinds("\"a;\"-1$"), [(QuotedName, "\"a;\""), (Sign, "-"), (Number, "1"), (Sign, "$")]);
    }

    #[test]
    fn what_is_not_closed_runs_to_the_end() {
        assert_eq!(last("SELECT 'a;"), (Kind::String, false));
        assert_eq!(last("SELECT \"a;"), (Kind::QuotedName, false));
        assert_eq!(last("AS $$ BEGIN;"), (Kind::DollarBody, false));
        assert_eq!(last("1 /* a /* b */;"), (Kind::BlockComment, false));
        assert_eq!(last("SELECT E'\\';"), (Kind::String, false));
        assert_eq!(last("SELECT E'''\\';"), (Kind::String, false));
    }
}
