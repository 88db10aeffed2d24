//! `MIGRATIONS`: the migration files as a part of the program.

use bindery_migrate::Format;

use super::text::Text;

/// The migrations that the program is to carry.
#[derive(Debug)]
pub(crate) struct Carried<'i> {
    pub files: Vec<MigrationText<'i>>,
    /// The tool whose files they are.
    pub format: Format,
    /// golang-migrate's `x-multi-statement`.
    pub multi_statement: bool,
    /// The table that notes what is applied.
    pub table: &'i str,
}

/// A migration file.
#[derive(Debug)]
pub(crate) struct MigrationText<'i> {
    /// In the package, with forward slashes.
    pub path: &'i str,
    /// Its text, if that is not simply what the file has: queries in it are none of the migration's.
    pub text: Option<String>,
}

/// Writes the static.
pub(super) fn write(carried: &Carried<'_>, text: &mut Text) {
    // Long paths and the macros around them are laid out by it alone.
    text.leave_to_prettyplease();
    let Carried { files, format, multi_statement, table } = carried;
    let files: String = files.iter().map(file).collect();
    text.write(format_args!(
        "/// The migrations, for `client.migrate(&MIGRATIONS)`.
        #[allow(dead_code)]
        pub static MIGRATIONS: bindery::migrate::Migrations = bindery::migrate::Migrations {{
            files: &[{files}],
            format: bindery::migrate::Format::{format:?},
            multi_statement: {multi_statement},
            table: {table:?},
        }};"
    ));
}

fn file(MigrationText { path, text }: &MigrationText<'_>) -> String {
    let text = match text {
        Some(text) => format!("{text:?}"),
        // The compiler reads it, and sees when it changes.
        None => format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?}))", format!("/{path}")),
    };
    format!("bindery::migrate::MigrationFile {{ path: {path:?}, text: {text} }},")
}
