//! What a test takes.

use syn::{Error, FnArg, ItemFn, Result, Type};

use crate::options::Options;

/// The types of a test's arguments.
///
/// # Errors
/// The function can be no test: all that is wrong with it.
pub(crate) fn taken<'f>(function: &'f ItemFn, options: &Options) -> Result<Vec<&'f Type>> {
    let signature = &function.sig;
    let mut errors = Vec::new();
    if signature.asyncness.is_none() {
        errors.push(Error::new(signature.fn_token.span, "a test on a database is an `async fn`"));
    }
    if !signature.generics.params.is_empty() {
        errors.push(Error::new_spanned(
            &signature.generics,
            "a test has no generics: nobody gives their values",
        ));
    }
    let mut types = Vec::new();
    for argument in &signature.inputs {
        match argument {
            FnArg::Typed(argument) => types.push(&*argument.ty),
            FnArg::Receiver(receiver) => errors.push(Error::new_spanned(receiver, "a test is no method")),
        }
    }
    errors.extend(check(&types, options));
    match errors.into_iter().reduce(|mut all, error| {
        all.combine(error);
        all
    }) {
        Some(error) => Err(error),
        None => Ok(types),
    }
}

fn check(types: &[&Type], options: &Options) -> Vec<Error> {
    const TAKES: &str =
        "with `rollback` a test takes one argument: `&mut Transaction`, `&Transaction` or `&Connection`";
    match (options.is_rolled_back, types) {
        (true, [Type::Reference(_)]) => Vec::new(),
        // The place is that of the option.
        (true, []) => vec![Error::new(proc_macro2::Span::call_site(), TAKES)],
        (true, [first, rest @ ..]) => vec![Error::new_spanned(rest.first().unwrap_or(first), TAKES)],
        (false, types) => {
            types.iter().filter(|ty| matches!(ty, Type::Reference(_))).map(|ty| no_reference(ty)).collect()
        }
    }
}

fn no_reference(ty: &Type) -> Error {
    Error::new_spanned(
        ty,
        "a test takes its arguments by value, such as `DatabaseClient`; references go with `rollback`",
    )
}
