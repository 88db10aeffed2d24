//! Types for values that no crate of the field holds whole.

pub(crate) mod domain;
pub(crate) mod enumeration;
pub(crate) mod interval;
pub(crate) mod numeric;

use std::error::Error;

/// What the driver's traits take as an error.
pub(crate) type BoxError = Box<dyn Error + Sync + Send>;
