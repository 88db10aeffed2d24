#![allow(clippy::unwrap_used, clippy::print_stdout)]
use bindery_build::Config;
#[test]
fn explore() {
    let mut config = Config::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/procedures"));
    config.lock("/tmp/procs.lock").out_dir("/tmp/procs_code");
    let _ = std::fs::remove_file("/tmp/procs.lock");
    match config.generate() {
        Ok(report) => {
            println!("{}", report.warnings.iter().map(|w| w.render()).collect::<Vec<_>>().join("\n"))
        }
        Err(error) => println!("{error}"),
    }
}
