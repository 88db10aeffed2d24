//! Files made of lines at random: nothing panics, and what Bindery accepts by default is what goose makes of it.

use std::time::{SystemTime, UNIX_EPOCH};

use bindery_migrate::{Migration, Strictness};

use super::read;

const LINES: &[&str] = &[
    "-- +goose Up",
    "-- +goose Down",
    "-- +goose StatementBegin",
    "-- +goose StatementEnd",
    "-- +goose NO TRANSACTION",
    "-- +goose ENVSUB ON",
    "-- +goose ENVSUB OFF",
    "-- +goose up ",
    " -- +goose Up",
    "-- +goose",
    "",
    "  ",
    "\t",
    "\u{a0}",
    "-- a comment",
    "  -- $1",
    "/* a */",
    "/* a;",
    "b */",
    "SELECT 1;",
    "SELECT",
    "1;",
    ";",
    "  2 ; -- two;",
    "SELECT 1;--a",
    "SELECT 'a --b';",
    "'",
    "\"",
    "$$",
    "DO $$",
    "END $$;",
    "$ä$;",
    "a$b$;",
    "E'\\",
    "SELECT E'\\';",
    "(",
    ");",
    "COMMIT;",
    "COPY t FROM stdin;",
    "\\.",
    "\\connect x",
    "SELECT a--b;",
    "ü;",
    "$T",
    "${T:-ü}",
    "${NONE?no};",
    "$LINES;",
    "$END",
    "${EMPTY}",
    "$",
    "$body$",
    "\\$\\\\$$",
    "${T:1:2} x",
    "CREATE FUNCTION f() BEGIN ATOMIC",
    "END;",
    "\r",
    "\u{feff}",
    "\0;",
];

#[test]
fn what_is_accepted_is_what_goose_makes_of_it() {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    println!("seed {seed}");
    let mut random = Random(seed);
    let mut accepted = [0, 0];
    for _ in 0..20_000 {
        let text = file(&mut random);
        let like_goose = read(&text, Strictness::LikeGoose);
        let strict = read(&text, Strictness::Strict);
        for mistake in like_goose.as_ref().err().into_iter().chain(strict.as_ref().err()).flatten() {
            assert!(
                mistake.offset.is_none_or(|offset| text.is_char_boundary(offset)),
                "{text:?}: {mistake:?}"
            );
            assert!(mistake.help.is_some(), "{text:?}: {mistake:?}");
        }
        accepted[0] += usize::from(like_goose.is_ok());
        if let Ok(like_goose) = &like_goose {
            check_offsets(&text, like_goose);
        }
        // A file without annotations is no goose file.
        if let Ok(strict) = strict
            && text.lines().any(|line| line.trim_start().starts_with("--") && line.contains("+goose"))
        {
            assert_eq!(Some(&strict), like_goose.as_ref().ok(), "{text:?}");
            accepted[1] += 1;
        }
    }
    println!("accepted like goose: {}, by default: {}, of 20000", accepted[0], accepted[1]);
    assert!(accepted[1] > 500);
}

/// Lines at random, most often in the order of a migration.
fn file(random: &mut Random) -> String {
    let mut text = String::new();
    if random.below(10) > 0 {
        text.push_str("-- +goose Up\n");
    }
    let simple = random.below(2) == 0;
    for _ in 0..random.below(12) {
        let line = match random.below(3) {
            0 if simple => "SELECT 1;",
            1 if simple => "-- +goose StatementBegin\n  x\n-- +goose StatementEnd",
            _ => LINES[random.below(LINES.len())],
        };
        text.push_str(line);
        text.push_str(["\n", "\n", "\n", "\r\n", " "][random.below(5)]);
    }
    text
}

fn check_offsets(text: &str, migration: &Migration) {
    let sections = [Some(&migration.up), migration.down.as_ref()];
    for statement in sections.into_iter().flatten().flat_map(|section| &section.statements) {
        let characters = u32::try_from(statement.sql.chars().count()).unwrap();
        let offsets: Vec<usize> =
            (1..=characters + 2).map(|position| statement.offset_in_file(position)).collect();
        assert!(offsets.iter().all(|offset| *offset <= text.len()), "{text:?}: {offsets:?}");
        assert!(offsets.is_sorted(), "{text:?}: {offsets:?}");
        if statement.written() == statement.sql {
            for (offset, c) in offsets.iter().zip(statement.sql.chars()).filter(|(_, c)| *c != '\n') {
                assert!(text[*offset..].starts_with(c), "{text:?}: {offset}");
            }
        }
    }
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }
}
