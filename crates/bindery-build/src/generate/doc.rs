//! Doc comments.

use proc_macro2::TokenStream;
use quote::quote;

/// A doc comment of these lines.
pub(super) fn comment(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| {
        let line = line.trim_end();
        if line.is_empty() { String::new() } else { format!(" {line}") }
    });
    quote!(#(#[doc = #lines])*)
}

/// SQL as a fenced block, whatever backticks it holds.
pub(super) fn sql_block(sql: &str) -> Vec<String> {
    let longest = sql.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let opening = format!("{fence}sql");
    let lines = sql.lines().map(str::to_owned);
    std::iter::once(opening).chain(lines).chain([fence]).collect()
}
