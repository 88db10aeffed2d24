//! What only psql understands, in a schema that pg_dump wrote or psql is fed with.

use crate::error::Mistake;
use crate::read::File;
use crate::split::{Command, commands};

use super::left_open;

/// Commands of psql without which the SQL around them means something else.
const NEEDED: [&str; 11] =
    ["copy", "elif", "else", "endif", "gexec", "gset", "i", "if", "include", "include_relative", "ir"];

/// The text with the lines that are psql's own, such as `\restrict`, blanked byte for byte, so that positions stay what
/// they were. A backslash inside a quote or a comment is none of psql's.
pub(super) fn without_commands(file: &File) -> Result<String, Vec<Mistake>> {
    let mut sql = String::with_capacity(file.text.len());
    let mut mistakes = Vec::new();
    for line in file.text.split_inclusive('\n') {
        match line.trim_start_matches([' ', '\t']).strip_prefix('\\') {
            Some(command) if left_open(&sql).is_none() => {
                mistakes.extend(needed(file, sql.len(), command));
                sql.push_str(&blank(line));
            }
            _ => sql.push_str(line),
        }
    }
    if mistakes.is_empty() { Ok(sql) } else { Err(mistakes) }
}

/// As many bytes of nothing.
fn blank(line: &str) -> String {
    line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

fn needed(file: &File, offset: usize, command: &str) -> Option<Mistake> {
    let word = command.split_whitespace().next()?;
    let help = match word {
        "i" | "include" | "ir" | "include_relative" => "list that file under `migrations` in bindery.toml",
        _ => "write what it does in SQL",
    };
    let mistake =
        Mistake::at(&file.path, offset, format!("`\\{word}` is for psql, which does not run this file"));
    NEEDED.contains(&word).then(|| mistake.help(help))
}

/// Where a COPY begins whose data would follow in the file.
pub(super) fn copy_from_stdin(text: &str) -> Option<usize> {
    // Hardly any file has the word.
    if !text.to_ascii_lowercase().contains("stdin") {
        return None;
    }
    // Lines for psql end without a semicolon, and would be the beginning of the command after them.
    let line = |line: &str| if line.starts_with('\\') { blank(line) } else { line.to_owned() };
    let sql: String = text.split_inclusive('\n').map(line).collect();
    commands(&sql).commands.iter().find(|command| command.is_copy_from_stdin()).map(Command::offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &str) -> Result<String, Vec<Mistake>> {
        without_commands(&File { path: "schema.sql".into(), text: text.into() })
    }

    #[test]
    fn lines_of_psql_are_blanked() {
        let text = "\\restrict ä\r\nCREATE TABLE a ();\n  \\unrestrict x\n\\connect db\n";
        let blank = sql(text).unwrap();
        assert_eq!(blank.len(), text.len());
        assert_eq!(blank.find("CREATE"), text.find("CREATE"));
        assert_eq!(blank.trim(), "CREATE TABLE a ();");
    }

    #[test]
    fn a_backslash_in_a_quote_stays() {
        let text = "SELECT '\n\\restrict x\n', $$\n\\i y\n$$ /*\n\\z */;\n";
        assert_eq!(sql(text).unwrap(), text);
    }

    #[test]
    fn what_psql_would_have_to_do_is_refused() {
        for command in NEEDED {
            let mistakes = sql(&format!("SELECT 1;\n\\{command} x\n")).unwrap_err();
            assert_eq!(mistakes[0].offset, Some(10));
            assert!(mistakes[0].message.contains(&format!("`\\{command}` is for psql")));
        }
    }

    #[test]
    fn data_is_found_where_a_copy_begins() {
        assert_eq!(copy_from_stdin("SELECT 1;\n  COPY public.a (b,\n c) FROM stdin;\n1\t2\n\\.\n"), Some(12));
        assert_eq!(copy_from_stdin("copy a from STDIN with csv;"), Some(0));
        let behind = "SELECT ';'; -- x;\n/* a /* b; */ */ COPY t\nFROM stdin (DELIMITER ';')";
        assert_eq!(copy_from_stdin(behind), behind.find("COPY"));
        for text in
            ["COPY a FROM '/stdin';", "copying; from stdin", "$$\nCOPY a FROM stdin;\n$$", "cöpy from stdin"]
        {
            assert_eq!(copy_from_stdin(text), None, "{text}");
        }
    }
}
