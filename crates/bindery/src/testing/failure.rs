//! A test that cannot begin.

use std::error::Error;
use std::fmt::Write as _;

/// Fails the test with an error and its causes.
#[track_caller]
pub(crate) fn fail(what: &str, error: &(dyn Error + 'static)) -> ! {
    panic!("{what}: {}", with_causes(error))
}

/// An error with its causes, those apart that it has told itself.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            let _ = write!(text, ": {cause_text}");
        }
        source = cause.source();
    }
    text
}
