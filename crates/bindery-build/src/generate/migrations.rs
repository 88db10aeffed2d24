//! `MIGRATIONS`: the migration files as a part of the program.

use super::Input;
use super::text::Text;

/// A migration file.
#[derive(Debug)]
pub(crate) struct MigrationText<'i> {
    /// In the package, with forward slashes.
    pub path: &'i str,
    /// Its text, if that is not simply what the file has: queries in it are none of the migration's.
    pub text: Option<String>,
}

/// Writes the static.
pub(super) fn write(input: &Input<'_>, text: &mut Text) {
    // Long paths and the macros around them are laid out by it alone.
    text.leave_to_prettyplease();
    let files: String = input.migration_files.iter().map(file).collect();
    let table = input.migration_table;
    text.write(format_args!(
        "/// The migrations, for `client.migrate(&MIGRATIONS)`.
        #[allow(dead_code)]
        pub static MIGRATIONS: bindery::migrate::Migrations = bindery::migrate::Migrations {{
            files: &[{files}],
            format: bindery::migrate::Format::Goose,
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
