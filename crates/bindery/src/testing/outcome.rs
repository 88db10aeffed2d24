//! Whether a test has failed.

/// What a test may return.
#[diagnostic::on_unimplemented(
    message = "a test on a database returns `()` or a `Result`, not `{Self}`",
    label = "neither `()` nor a `Result`"
)]
pub trait Outcome {
    /// Whether it says that the test has failed.
    fn is_failure(&self) -> bool;
}

impl Outcome for () {
    fn is_failure(&self) -> bool {
        false
    }
}

impl<T, E> Outcome for Result<T, E> {
    fn is_failure(&self) -> bool {
        self.is_err()
    }
}
