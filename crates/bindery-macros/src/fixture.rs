//! Where a fixture is.

use std::env;
use std::path::Path;

use syn::{Error, LitStr, Result};

/// The folder of fixtures that are given by a bare name.
const FOLDER: &str = "tests/fixtures";

/// The file of a fixture, as seen from the package's folder.
///
/// # Errors
/// There is none.
pub(crate) fn file_of(name: &LitStr) -> Result<String> {
    let given = name.value();
    let is_bare = !given.contains('/') && !given.ends_with(".sql");
    let file = if is_bare { format!("{FOLDER}/{given}.sql") } else { given };
    // Cargo sets it for the compiler; whoever does not is told by include_str! itself.
    let Some(package) = env::var_os("CARGO_MANIFEST_DIR") else { return Ok(file) };
    match Path::new(&package).join(&file).is_file() {
        true => Ok(file),
        false => Err(Error::new(
            name.span(),
            format!(
                "there is no fixture {file} in the package: `\"NAME\"` stands for {FOLDER}/NAME.sql, and all else is a path \
                 from the package's folder"
            ),
        )),
    }
}
