//! What `sqlc.embed(cars)` names.

use crate::lex::{Token, TokenKind};

/// The relation as it is sent: `cars`, `fleet.cars`, and `"cars"` for `'cars'`, which sqlc takes for a name as well.
pub(super) fn relation(text: &str, inside: &[Token]) -> Option<String> {
    let parts: Vec<&Token> = inside.iter().filter(|token| !token.is_blank()).collect();
    match parts[..] {
        [Token { kind: TokenKind::String, .. }] => Some(format!("\"{}\"", parts[0].text(text))),
        [name] => word(text, name),
        [schema, Token { kind: TokenKind::Period, .. }, name] => {
            Some(format!("{}.{}", word(text, schema)?, word(text, name)?))
        }
        _ => None,
    }
}

/// As written, quotes included.
fn word(text: &str, token: &Token) -> Option<String> {
    matches!(token.kind, TokenKind::Word { .. }).then(|| text[token.range.clone()].to_owned())
}
