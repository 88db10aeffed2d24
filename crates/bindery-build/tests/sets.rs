//! sqlc's own cases of `:copyfrom` and `:batch*` generate code that is Rust.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::Path;

use bindery_build::Config;

#[test]
fn cases_of_sqlc_are_generated() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/sqlc");
    let Ok(cases) = fs::read_dir(shared) else {
        println!("skipped: ../shared/conformance is not here");
        return;
    };
    let mut count = 0;
    for case in cases.map(|case| case.unwrap().path()) {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("copyfrom") && !name.starts_with("batch") {
            continue;
        }
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sets").join(&name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        for file in ["schema.sql", "query.sql"] {
            fs::copy(case.join(file), root.join(file)).unwrap();
        }
        let mut config = Config::new(&root);
        config.migrations(["schema.sql"]).queries(["query.sql"]).out_dir("code");
        config.generate().unwrap_or_else(|error| panic!("{name}: {error}"));
        let code = fs::read_to_string(root.join("code/query.rs")).unwrap();
        assert!(syn::parse_file(&code).is_ok(), "{name}:\n{code}");
        let (batch, copy) = (code.contains("conn.batch_"), code.contains("conn.copy_from("));
        assert_eq!(
            (batch, copy),
            (name.starts_with("batch"), name.starts_with("copyfrom")),
            "{name}:\n{code}"
        );
        count += 1;
    }
    assert!(count >= 5, "{count} cases");
}
