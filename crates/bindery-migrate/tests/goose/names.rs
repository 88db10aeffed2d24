//! goose's file names: which versions files are, and which files nobody can run.

use std::fs;
use std::path::Path;

use bindery_migrate::{File, Reader, Strictness, read_dir};

/// The versions in order, or every mistake as `path: message`.
fn versions(names: &[&str], strictness: Strictness) -> Result<Vec<Option<i64>>, Vec<String>> {
    let file = |name: &&str| File { path: format!("m/{name}"), text: "-- +goose Up\n".to_owned() };
    let files: Vec<File> = names.iter().map(file).collect();
    match Reader::new().strictness(strictness).read(&files) {
        Ok(migrations) => Ok(migrations.iter().map(|migration| migration.version).collect()),
        Err(mistakes) => {
            assert!(mistakes.iter().all(|mistake| mistake.help.is_some()), "{mistakes:?}");
            Err(mistakes.iter().map(ToString::to_string).collect())
        }
    }
}

#[test]
fn versions_are_numbers_and_every_doubtful_one_is_told() {
    for strictness in [Strictness::Strict, Strictness::LikeGoose] {
        let read = |names: &[&str]| versions(names, strictness);
        let good = ["20170506082420_x.sql", "10_a.sql", "00002_b.sql", "9_c.sql", "1_x_test.go"];
        assert_eq!(read(&good).unwrap(), [Some(2), Some(9), Some(10), Some(20_170_506_082_420)]);
        let bad =
            ["1_a.sql", "01_b.sql", "0_c.sql", "3.sql", "x_d.sql", "9223372036854775808_e.sql", "4_f.txt"];
        let told = read(&bad).unwrap_err();
        let paths: Vec<&str> = told.iter().map(|mistake| mistake.split(':').next().unwrap()).collect();
        assert_eq!(
            paths,
            ["m/0_c.sql", "m/3.sql", "m/x_d.sql", "m/9223372036854775808_e.sql", "m/4_f.txt", "m/01_b.sql"]
        );
        assert!(told[5].contains("m/1_a.sql has the same number"), "{}", told[5]);
        assert!(read(&["0_a.sql"]).unwrap_err()[0].contains("versions begin with 1"));
        assert!(read(&["1_a.sql", "2_b.go"]).unwrap_err()[0].contains("m/2_b.go: goose runs this migration"));
        assert!(read(&["1_a.sql", "embed.go"]).unwrap_err()[0].contains("m/embed.go: this Go file"));
    }
}

#[test]
fn files_without_any_number_are_no_gooses_files_but_may_be_a_schema() {
    let names = ["b.sql", "a.sql"];
    assert_eq!(versions(&names, Strictness::Strict).unwrap(), [None, None]);
    assert_eq!(versions(&names, Strictness::LikeGoose).unwrap_err().len(), 2);
}

#[test]
fn go_files_in_a_folder_are_told_and_their_tests_are_not() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go_files");
    fs::create_dir_all(&folder).unwrap();
    for name in ["1_a.sql", "2_b.go", "3_c_test.go", "readme.md"] {
        fs::write(folder.join(name), "-- +goose Up\n").unwrap();
    }
    let error = read_dir(&folder).unwrap_err().to_string();
    assert!(error.contains("2_b.go: goose runs this migration") && error.lines().count() == 1, "{error}");
}
