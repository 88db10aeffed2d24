//! What stands in the parentheses of the attribute.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, LitInt, LitStr, Result, Token, parenthesized};

const KNOWN: &str =
    "`migrations = PATH`, `fixtures(\"NAME\", ..)`, `rollback`, `flavor = \"..\"` or `worker_threads = N`";

/// How a test is run.
#[derive(Default)]
pub(crate) struct Options {
    /// The migrations; none stands for `MIGRATIONS`.
    pub migrations: Option<Expr>,
    pub fixtures: Vec<LitStr>,
    /// Whether it shares a database, where it is rolled back.
    pub is_rolled_back: bool,
    pub is_multi_threaded: bool,
    pub worker_threads: Option<LitInt>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        let mut seen: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let name: Ident =
                input.parse().map_err(|error| Error::new(error.span(), format!("expected {KNOWN}")))?;
            if seen.contains(&name) {
                return Err(Error::new(name.span(), format!("`{name}` is given twice")));
            }
            options.take(&name, input)?;
            seen.push(name);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        match &options.worker_threads {
            Some(count) if !options.is_multi_threaded => {
                Err(Error::new(count.span(), "`worker_threads` goes with `flavor = \"multi_thread\"`"))
            }
            _ => Ok(options),
        }
    }
}

impl Options {
    fn take(&mut self, name: &Ident, input: ParseStream<'_>) -> Result<()> {
        match name.to_string().as_str() {
            "migrations" => self.migrations = Some(value(input)?),
            "fixtures" => self.fixtures = list(input)?,
            "rollback" => self.is_rolled_back = true,
            "flavor" => self.is_multi_threaded = is_multi_threaded(&value(input)?)?,
            "worker_threads" => self.worker_threads = Some(threads(value(input)?)?),
            _ => return Err(Error::new(name.span(), format!("there is no option `{name}`: give {KNOWN}"))),
        }
        Ok(())
    }
}

fn value<T: Parse>(input: ParseStream<'_>) -> Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn list(input: ParseStream<'_>) -> Result<Vec<LitStr>> {
    let files;
    parenthesized!(files in input);
    Ok(Punctuated::<LitStr, Token![,]>::parse_terminated(&files)?.into_iter().collect())
}

fn is_multi_threaded(flavor: &LitStr) -> Result<bool> {
    match flavor.value().as_str() {
        "multi_thread" => Ok(true),
        "current_thread" => Ok(false),
        other => {
            let message = format!(
                "no flavor {other:?}: tokio has \"current_thread\", the default, and \"multi_thread\""
            );
            Err(Error::new(flavor.span(), message))
        }
    }
}

fn threads(count: LitInt) -> Result<LitInt> {
    match count.base10_parse::<usize>() {
        Ok(1..) => Ok(count),
        Ok(0) | Err(_) => Err(Error::new(count.span(), "`worker_threads` is a number from 1 on")),
    }
}

/// The migrations that a test has if it names none.
pub(crate) fn default_migrations() -> Ident {
    Ident::new("MIGRATIONS", Span::call_site())
}
