//! Cuts SQL text into tokens with byte ranges.
//!
//! sqlparser's tokenizer knows PostgreSQL's strings, dollar quotes, nested comments and operators; this module turns
//! its lines and columns into byte ranges and keeps only the distinctions that the parse stage needs. It is no gate:
//! a character that the tokenizer does not understand becomes a token of its own, and the server judges it.
//!
//! Plain texts, which most are, never come to sqlparser: see [`scan`].

mod scan;

use std::ops::Range;

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Location, Token as SqlToken, TokenWithSpan, Tokenizer, Whitespace};

/// One token of an SQL text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub kind: TokenKind,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

impl Token {
    /// What it says in `text`, without the quotes of an identifier or a string.
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        let Range { start, end } = self.range;
        match self.kind {
            TokenKind::Word { quoted: true } | TokenKind::String => &text[start + 1..end - 1],
            _ => &text[start..end],
        }
    }

    /// Whether it is white space or a comment.
    pub fn is_blank(&self) -> bool {
        matches!(self.kind, TokenKind::Space | TokenKind::Comment)
    }
}

/// What the parse stage tells apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// White space that is no comment.
    Space,
    /// `-- text` up to its line's end, or `/* text */`.
    Comment,
    /// `;`
    Semicolon,
    /// `@` that is not part of an operator PostgreSQL knows.
    At,
    /// An identifier or keyword.
    Word { quoted: bool },
    /// `'text'`
    String,
    /// `$1`
    Placeholder(u32),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `.`
    Period,
    /// `,`
    Comma,
    /// `[` or `]`
    Bracket,
    /// Anything else, as far as it goes.
    Other,
}

/// A quote or comment that never ends.
#[derive(Debug, PartialEq)]
pub(crate) struct Unterminated {
    /// Byte offset of where it opens.
    pub offset: usize,
    /// What the tokenizer calls it.
    pub message: String,
}

/// Whether it can stand in an identifier without quotes.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether it can stand in an operator.
pub(crate) fn is_operator(c: char) -> bool {
    "+-*/<>=~!@#%^&|`?".contains(c)
}

/// The tokens of `text`, which together cover all of it.
///
/// # Errors
/// A string, dollar quote, quoted identifier or comment that never ends: what follows it cannot be told apart.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Unterminated> {
    match scan::scan(text) {
        Some(tokens) => Ok(tokens),
        None => by_sqlparser(text),
    }
}

fn by_sqlparser(text: &str) -> Result<Vec<Token>, Unterminated> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while start < text.len() {
        start = tokens_until_error(text, start, &mut tokens)?;
    }
    Ok(split_operators(text, tokens))
}

/// Reads tokens from `start` on; returns where to go on, which is the text's end unless the tokenizer gave up.
fn tokens_until_error(text: &str, start: usize, tokens: &mut Vec<Token>) -> Result<usize, Unterminated> {
    let rest = &text[start..];
    let mut found: Vec<TokenWithSpan> = Vec::new();
    let outcome = Tokenizer::new(&PostgreSqlDialect {}, rest)
        .with_unescape(false)
        .tokenize_with_location_into_buf(&mut found);
    let mut cursor = Cursor::new(rest);
    for token in found {
        let from = start + cursor.byte;
        let to = start + cursor.advance_to(token.span.end);
        tokens.push(Token { kind: kind(token.token), range: from..to });
    }
    let stopped = start + cursor.byte;
    match outcome {
        Ok(()) => Ok(text.len()),
        Err(error) if is_unterminated(&error.message) => {
            Err(Unterminated { offset: stopped, message: error.message })
        }
        // A character that sqlparser has no token for (`@-5`, say): PostgreSQL will tell whether it is one.
        Err(_) => {
            let width = text[stopped..].chars().next().map_or(1, char::len_utf8);
            tokens.push(Token { kind: TokenKind::Other, range: stopped..stopped + width });
            Ok(stopped + width)
        }
    }
}

/// By its words, since the tokenizer has one kind of error: "Unterminated ...", "... before EOF".
fn is_unterminated(message: &str) -> bool {
    message.contains("Unterminated") || message.contains("EOF")
}

fn kind(token: SqlToken) -> TokenKind {
    match token {
        SqlToken::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
            TokenKind::Comment
        }
        SqlToken::Whitespace(_) => TokenKind::Space,
        SqlToken::SemiColon => TokenKind::Semicolon,
        SqlToken::AtSign => TokenKind::At,
        SqlToken::Word(word) => TokenKind::Word { quoted: word.quote_style.is_some() },
        SqlToken::SingleQuotedString(_) => TokenKind::String,
        SqlToken::Placeholder(text) => match text.trim_start_matches('$').parse() {
            Ok(number) => TokenKind::Placeholder(number),
            Err(_) => TokenKind::Other,
        },
        SqlToken::LParen => TokenKind::Open,
        SqlToken::RParen => TokenKind::Close,
        SqlToken::Period => TokenKind::Period,
        SqlToken::Comma => TokenKind::Comma,
        SqlToken::LBracket | SqlToken::RBracket => TokenKind::Bracket,
        _ => TokenKind::Other,
    }
}

/// Gives `@` back to the parameter in `id=@id` and `a||@b`, where the tokenizer saw the operators `=@` and `||@`.
///
/// Operators that PostgreSQL or its extensions do have (`<@`, `@@`, `^@`, ...) stay whole.
fn split_operators(text: &str, tokens: Vec<Token>) -> Vec<Token> {
    const REAL: [&str; 4] = ["<@", "@@", "^@", "-@"];
    let mut split = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let operator = &text[token.range.clone()];
        let ends_in_at = token.kind == TokenKind::Other
            && operator.len() > 1
            && operator.ends_with('@')
            && !REAL.iter().any(|real| operator.ends_with(real));
        let before_word = matches!(tokens.peek(), Some(next) if is_word_token(&next.kind));
        if ends_in_at && before_word {
            let at = token.range.end - 1;
            push(&mut split, Token { kind: TokenKind::Other, range: token.range.start..at });
            push(&mut split, Token { kind: TokenKind::At, range: at..token.range.end });
        } else {
            push(&mut split, token);
        }
    }
    split
}

/// Adds a token; white space goes on, and so does what nobody tells apart.
fn push(tokens: &mut Vec<Token>, token: Token) {
    if matches!(token.kind, TokenKind::Space | TokenKind::Other)
        && let Some(last) = tokens.last_mut()
        && last.kind == token.kind
    {
        last.range.end = token.range.end;
        return;
    }
    tokens.push(token);
}

fn is_word_token(kind: &TokenKind) -> bool {
    matches!(kind, TokenKind::Word { .. })
}

/// Walks a text once, from the tokenizer's lines and columns (characters, from 1) to bytes.
struct Cursor<'t> {
    text: &'t str,
    byte: usize,
    at: Location,
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, byte: 0, at: Location::new(1, 1) }
    }

    fn advance_to(&mut self, target: Location) -> usize {
        let mut characters = self.text[self.byte..].chars();
        while self.at < target {
            let Some(character) = characters.next() else { break };
            self.byte += character.len_utf8();
            if character == '\n' {
                self.at = Location::new(self.at.line + 1, 1);
            } else {
                self.at.column += 1;
            }
        }
        self.byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random numbers (xorshift64*), the same for the same seed.
    pub(super) struct Numbers(pub u64);

    impl Numbers {
        pub fn below(&mut self, end: usize) -> usize {
            // A seed of 0 would stay 0.
            self.0 = self.0.max(1);
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
        }
    }

    fn texts(sql: &str) -> Vec<&str> {
        tokens(sql).unwrap().into_iter().map(|token| &sql[token.range]).collect()
    }

    #[test]
    fn tokens_cover_the_text() {
        let sql = "SELECT 'ä;', $tag$;$tag$, E'\\';' -- ü;\n/* a /* b; */ */ FROM \"ö;\" WHERE a[1:2] @> $1;";
        let all = tokens(sql).unwrap();
        let mut end = 0;
        for token in &all {
            assert_eq!(token.range.start, end);
            end = token.range.end;
        }
        assert_eq!(end, sql.len());
        let semicolons = all.iter().filter(|token| token.kind == TokenKind::Semicolon);
        assert_eq!(semicolons.count(), 1);
    }

    #[test]
    fn an_at_sign_after_an_operator_is_its_own_token() {
        assert_eq!(texts("a=@b"), ["a", "=", "@", "b"]);
        assert_eq!(texts("a||@b"), ["a", "||", "@", "b"]);
        assert_eq!(texts("a>=@b"), ["a", ">=", "@", "b"]);
    }

    #[test]
    fn operators_with_an_at_sign_stay_whole() {
        for operator in ["<@", "@>", "@@", "^@", "@?"] {
            assert_eq!(texts(&format!("a {operator}b")), ["a", " ", operator, "b"]);
        }
    }

    #[test]
    fn what_the_tokenizer_does_not_know_is_left_to_the_server() {
        assert_eq!(texts("SELECT @-5;").last(), Some(&";"));
    }

    #[test]
    fn an_open_quote_is_reported_where_it_opens() {
        assert_eq!(tokens("SELECT 'ab").unwrap_err().offset, 7);
        assert_eq!(tokens("ä /* b").unwrap_err().offset, 3);
        assert_eq!(tokens("a \"b").unwrap_err().offset, 2);
        assert_eq!(tokens("a $x$ b").unwrap_err().offset, 2);
    }
}
