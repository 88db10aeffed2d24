//! Time to the first generated code: cold (no cached cluster), warm, and from the lock.
//!
//! `cargo run --manifest-path bench/Cargo.toml --bin first_code`, unoptimised as cargo builds a build script. Each
//! figure is the median of five runs, each in a process of its own, with the ratio to the warm one beside it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bindery_build::Config;

const RUNS: usize = 5;

/// Where `cargo test -p bindery-build --test real` puts Pagila, in a form that every server takes.
const PAGILA: &str = "target/tmp/real/pagila/sql";

fn main() {
    if let Some(project) = env::args().nth(1) {
        return generate(&project);
    }
    println!("{:10} {:>8} {:>14} {:>14} {:>14}", "", "queries", "cold", "warm", "lock");
    for project in ["garage", "pagila"] {
        let scratch = env::temp_dir().join(format!("bindery-first-code-{}", std::process::id()));
        let warm = median(|| measure(project, &scratch, Start::Warm));
        let cold = median(|| measure(project, &scratch, Start::Cold));
        let lock = median(|| measure(project, &scratch, Start::Lock));
        let queries = fs::read_to_string(scratch.join("bindery.lock")).unwrap().matches("[[query]]").count();
        let shown = |time: Duration| {
            format!("{} ms {:4.2}", time.as_millis(), time.as_secs_f64() / warm.as_secs_f64())
        };
        println!("{project:10} {queries:>8} {:>14} {:>14} {:>14}", shown(cold), shown(warm), shown(lock));
        fs::remove_dir_all(&scratch).unwrap();
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Start {
    Cold,
    Warm,
    Lock,
}

/// One run in a process of its own.
fn measure(project: &str, scratch: &Path, start: Start) -> Duration {
    fs::create_dir_all(scratch).unwrap();
    if start != Start::Lock {
        let _ = fs::remove_file(scratch.join("bindery.lock"));
    }
    let _ = fs::remove_dir_all(scratch.join("out"));
    let cache = scratch.join("cache");
    if start == Start::Cold {
        let _ = fs::remove_dir_all(&cache);
    }
    let begin = Instant::now();
    let status = Command::new(env::current_exe().unwrap())
        .arg(project)
        .env("OUT_DIR", scratch.join("out"))
        .env("LOCK", scratch.join("bindery.lock"))
        .envs((start == Start::Cold).then_some((OsStr::new("BINDERY_CACHE_DIR"), cache.as_os_str())))
        .status()
        .unwrap();
    assert!(status.success());
    begin.elapsed()
}

fn median(run: impl Fn() -> Duration) -> Duration {
    // The first also makes what the others find: a cached cluster, a lock.
    run();
    let mut times: Vec<Duration> = (0..RUNS).map(|_| run()).collect();
    times.sort();
    times[RUNS / 2]
}

fn generate(project: &str) {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).canonicalize().unwrap();
    let mut config = Config::new(&root);
    config.lock(PathBuf::from(env::var_os("LOCK").unwrap()));
    if project == "pagila" {
        let sql = root.join(PAGILA);
        config
            .migrations([sql.join("uuidv7.sql"), sql.join("pagila-schema.sql")])
            .queries([sql.join("queries")]);
    }
    config.generate().unwrap();
}
