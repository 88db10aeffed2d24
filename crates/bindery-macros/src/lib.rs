//! The attribute of tests on temporary databases. It is used as `bindery::test`, from the crate `bindery` with its feature
//! `test`, which has its documentation.
//!
//! ```text
//! (fixtures("owners"))                options   -> Options
//! async fn a_car_is_found(..) {..}    signature -> Taken
//!                                     expand    -> #[test] fn a_car_is_found() { bindery::testing::run(..) }
//! ```

mod expand;
mod fixture;
mod options;
mod signature;

/// A test on a database of its own: see the module `bindery::testing`.
#[proc_macro_attribute]
pub fn test(options: proc_macro::TokenStream, function: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand::expand(options.into(), function.into()).into()
}
