//! A test -> the function that the harness calls.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, ItemFn, LitStr, Result, Type};

use crate::fixture::file_of;
use crate::options::{Options, default_migrations};
use crate::signature::taken;

/// The test; and the function as it is, besides what is wrong with it, so that editors go on understanding it.
pub(crate) fn expand(options: TokenStream, function: TokenStream) -> TokenStream {
    let parsed: Result<ItemFn> = syn::parse2(function.clone());
    let test = parsed.and_then(|function| test(&syn::parse2(options)?, &function));
    test.unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote! { #error #[allow(dead_code)] #function }
    })
}

fn test(options: &Options, function: &ItemFn) -> Result<TokenStream> {
    let types = taken(function, options)?;
    let ItemFn { attrs, vis, sig, block, .. } = function;
    let (name, output) = (&sig.ident, &sig.output);
    let test = description(options, function)?;
    let run = match options.is_rolled_back {
        true => called_with_transaction(name, &types),
        false => called(name, &types),
    };
    Ok(quote! {
        #(#attrs)*
        #[::core::prelude::v1::test]
        #vis fn #name() #output {
            #sig #block
            let test = #test;
            ::bindery::testing::#run
        }
    })
}

/// The transaction stands at the place of the type, where the compiler then says that it is of another one.
fn called_with_transaction(name: &Ident, types: &[&Type]) -> TokenStream {
    let transactions = types.iter().map(|ty| Ident::new("transaction", ty.span()));
    let transactions: Vec<_> = transactions.collect();
    quote! { run_rolled_back(&test, async |#(#transactions),*| #name(#(#transactions),*).await) }
}

/// Each argument is asked for at the place of its type, where the compiler then says that there is none of it.
fn called(name: &Ident, types: &[&Type]) -> TokenStream {
    let arguments: Vec<_> = (0..types.len()).map(|index| format_ident!("argument_{index}")).collect();
    let taken = types.iter().zip(&arguments).map(|(ty, argument)| {
        quote_spanned! { ty.span() => let #argument = ::bindery::testing::argument::<#ty>(database).await; }
    });
    quote! {
        run(&test, async |database| {
            #(#taken)*
            #name(#(#arguments),*).await
        })
    }
}

fn description(options: &Options, function: &ItemFn) -> Result<TokenStream> {
    let migrations = match &options.migrations {
        Some(migrations) => quote_spanned! { migrations.span() => &#migrations },
        None => {
            let default = default_migrations();
            quote! { &#default }
        }
    };
    let name = function.sig.ident.to_string();
    let fixtures = options.fixtures.iter().map(fixture).collect::<Result<Vec<_>>>()?;
    let runtime = runtime(options);
    let is_to_panic = function.attrs.iter().any(|attribute| attribute.path().is_ident("should_panic"));
    Ok(quote! {
        ::bindery::testing::Test {
            name: ::core::concat!(::core::module_path!(), "::", #name),
            migrations: #migrations,
            fixtures: &[#(#fixtures),*],
            runtime: #runtime,
            is_to_panic: #is_to_panic,
        }
    })
}

fn fixture(name: &LitStr) -> Result<TokenStream> {
    let file = file_of(name)?;
    Ok(quote_spanned! { name.span() =>
        ::bindery::testing::Fixture {
            path: #file,
            sql: ::core::include_str!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", #file)),
        }
    })
}

fn runtime(options: &Options) -> TokenStream {
    if !options.is_multi_threaded {
        return quote! { ::bindery::testing::Runtime::CurrentThread };
    }
    let threads = match &options.worker_threads {
        Some(count) => quote! { ::core::option::Option::Some(#count) },
        None => quote! { ::core::option::Option::None },
    };
    quote! { ::bindery::testing::Runtime::MultiThread { worker_threads: #threads } }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong, one line each, with what it points at.
    fn mistakes(options: &str, function: &str) -> Vec<String> {
        let options: TokenStream = options.parse().expect("tokens");
        let function: ItemFn = syn::parse_str(function).expect("a function");
        let found = syn::parse2(options).and_then(|options| test(&options, &function));
        let errors = found.map_or_else(|error| error.into_iter().collect(), |_| Vec::new());
        errors
            .iter()
            .map(|error| format!("{error} <- {}", error.span().source_text().unwrap_or_default()))
            .collect()
    }

    #[test]
    fn what_can_be_no_test_is_told_where_it_stands() {
        assert_eq!(mistakes("", "async fn t(client: DatabaseClient) {}"), [""; 0]);
        let told = mistakes("", "fn t<T>(client: &DatabaseClient) {}");
        assert_eq!(
            told,
            [
                "a test on a database is an `async fn` <- fn",
                "a test has no generics: nobody gives their values <- <T>",
                "a test takes its arguments by value, such as `DatabaseClient`; references go with `rollback` <- \
                 &DatabaseClient",
            ]
        );
        assert_eq!(mistakes("", "async fn t(&self) {}"), ["a test is no method <- &self"]);
    }

    #[test]
    fn options_that_make_no_sense_are_told_where_they_stand() {
        let of = |options: &str| mistakes(options, "async fn t() {}").join("\n");
        assert!(
            of("migration = M").ends_with("or `worker_threads = N` <- migration"),
            "{}",
            of("migration = M")
        );
        assert_eq!(of("migrations = A, migrations = B"), "`migrations` is given twice <- migrations");
        assert!(of("flavor = \"many\"").ends_with("<- \"many\""));
        assert!(of("worker_threads = 2").ends_with("<- 2"));
        assert!(of("flavor = \"multi_thread\", worker_threads = 0").ends_with("<- 0"));
        assert_eq!(of("flavor = \"multi_thread\", worker_threads = 2"), "");
        assert!(of("2").starts_with("expected `migrations = PATH`"));
    }

    #[test]
    fn a_fixture_that_is_not_there_is_told_with_the_file_that_was_looked_for() {
        let told = mistakes("fixtures(\"nothing\")", "async fn t() {}").join("\n");
        assert!(told.starts_with("there is no fixture tests/fixtures/nothing.sql in the package"), "{told}");
        assert!(told.ends_with("<- \"nothing\""), "{told}");
        // A file of this package, which is where this test runs.
        assert_eq!(mistakes("fixtures(\"src/lib.rs\")", "async fn t() {}"), [""; 0]);
    }

    #[test]
    fn what_is_rolled_back_takes_one_reference() {
        let of = |arguments: &str| mistakes("rollback", &format!("async fn t({arguments}) {{}}"));
        assert_eq!(of("tx: &mut Transaction"), [""; 0]);
        assert!(of("client: DatabaseClient")[0].ends_with("<- DatabaseClient"));
        assert!(of("a: &Connection, b: TestDatabase")[0].ends_with("<- TestDatabase"));
        assert!(of("")[0].starts_with("with `rollback` a test takes one argument"));
    }

    #[test]
    fn attributes_of_the_function_are_those_of_the_test() {
        let function = "#[ignore = \"slow\"] #[should_panic(expected = \"x\")] pub async fn t() {}";
        let expanded = expand(TokenStream::new(), function.parse().expect("tokens")).to_string();
        assert!(
            expanded.starts_with("# [ignore = \"slow\"] # [should_panic (expected = \"x\")]"),
            "{expanded}"
        );
        assert!(expanded.contains("is_to_panic : true"), "{expanded}");
        assert!(expanded.contains("migrations : & MIGRATIONS"), "{expanded}");
    }
}
