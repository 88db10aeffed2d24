//! ENVSUB in files; the forms of a variable are tested where they are read.

use bindery_migrate::Strictness;

use super::{place, read, statements};

#[test]
fn envsub_is_turned_on_and_off_line_by_line() {
    let text = "-- +goose Up\nSELECT '$T';\n-- +goose ENVSUB ON\nSELECT '$T\n-- +goose ENVSUB OFF\n$T';\n-- +goose StatementBegin\nDO $$\n-- +goose ENVSUB ON\n  '$T' -- $T\n-- +goose ENVSUB OFF\n$$;\n-- +goose StatementEnd\n-- +goose ENVSUB ON\n-- $1 is no variable, and this no statement\n-- +goose Down\nDROP TABLE ${T}_${EMPTY:-x};\n";
    for strictness in [Strictness::LikeGoose, Strictness::Strict] {
        let migration = read(text, strictness).unwrap();
        let ups = ["SELECT '$T';", "SELECT 'cars\n$T';", "DO $$\n  'cars' -- cars\n$$;"];
        assert_eq!(statements(&migration.up), ups);
        let down = migration.down.unwrap();
        assert_eq!(statements(&down), ["DROP TABLE cars_x;"]);
        assert_eq!(migration.variables, ["EMPTY", "T"]);
        assert_eq!(migration.up.statements[0].written(), "SELECT '$T';");
        assert_eq!(migration.up.statements[1].written(), "SELECT '$T\n$T';");
        assert_eq!(down.statements[0].written(), "DROP TABLE ${T}_${EMPTY:-x};");
    }
}

#[test]
fn a_variable_may_end_a_statement() {
    let text = "-- +goose ENVSUB ON\n-- +goose Up\nSELECT $END\nSELECT '${LINES}', x;\n";
    let migration = read(text, Strictness::Strict).unwrap();
    assert_eq!(statements(&migration.up), ["SELECT 1;", "SELECT 'a\nb', x;"]);
    let x = migration.up.statements[1].sql.find('x').unwrap() + 1;
    assert_eq!(&text[migration.up.statements[1].offset_in_file(u32::try_from(x).unwrap())..], "x;\n");
}

#[test]
fn what_fails_in_either_direction_fails_the_file() {
    let cases = [
        ("SELECT 1;\n-- +goose Down\nSELECT ${NONE?say which};\n", "5:8", "$NONE: say which"),
        ("SELECT 'ü', $1;\n", "3:13", "begins with a letter"),
        ("SELECT 1\n-- $1\n;\n", "4:4", "begins with a letter"),
        // goose's reading of the Up keeps the blank line, and so takes the comment for a part of a statement.
        ("SELECT 1;\n  \n-- +goose Down\n-- $1\nSELECT 2;\n", "6:4", "begins with a letter"),
    ];
    for (text, at, part) in cases {
        let text = format!("-- +goose Up\n-- +goose ENVSUB ON\n{text}");
        for strictness in [Strictness::LikeGoose, Strictness::Strict] {
            let mistakes = read(&text, strictness).unwrap_err();
            assert_eq!(place(&text, &mistakes[0]), at, "{text}");
            assert!(mistakes.len() == 1 && mistakes[0].message.contains(part), "{mistakes:?}");
        }
    }
}

#[test]
fn what_envsub_would_break_is_refused() {
    let cases = [
        ("DO $$\nBEGIN\n NULL;\nEND;\n$$;\n", "DO $\nBEGIN\n NULL;", "3:4", "one `$` of `$$`"),
        ("DO $$ BEGIN NULL; END $$;\n", "DO $ BEGIN NULL; END $;", "3:4", "one `$` of `$$`"),
        ("SELECT $NONE 1;\n", "SELECT  1;", "3:8", "NONE is not set"),
        ("SELECT $T$\n;\n", "SELECT cars$\n;", "3:8", "`$T` of `$T$`"),
    ];
    for (text, first, at, part) in cases {
        let text = format!("-- +goose Up\n-- +goose ENVSUB ON\n{text}");
        assert_eq!(statements(&read(&text, Strictness::LikeGoose).unwrap().up)[0], first);
        let mistakes = read(&text, Strictness::Strict).unwrap_err();
        assert!(mistakes.len() == 1 && mistakes[0].message.contains(part), "{mistakes:?}");
        assert_eq!(place(&text, &mistakes[0]), at, "{text}");
        assert!(mistakes[0].help.as_ref().unwrap().contains("ENVSUB OFF"));
    }
}

#[test]
fn an_escaped_dollar_is_one() {
    let text = "-- +goose Up\n-- +goose ENVSUB ON\nDO $$$$ SELECT 'a $$', $$1, \\$2 $$$$;\n";
    let migration = read(text, Strictness::Strict).unwrap();
    assert_eq!(statements(&migration.up), ["DO $$ SELECT 'a $', $1, $2 $$;"]);
}
