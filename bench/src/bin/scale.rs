//! Times of a build over the number of queries: from the lock, warm and cold.
//!
//! `cargo run --manifest-path bench/Cargo.toml --bin scale` for 10, 100 and 1,000 synthetic queries, with `-- --all` for
//! 10,000 too. As cargo builds build scripts by default, it is not optimised; with `--release` it is, which is what a
//! user gets by `[profile.dev.build-override] opt-level = 3`. Each figure is the median of
//! five runs, each in a process of its own.
//!
//! | column | the folder for the code is empty, and |
//! |---|---|
//! | lock | the lock fits the sources |
//! | warm | there is no lock |
//! | cold | there is no lock, and no cached cluster |

#[path = "../project.rs"]
mod project;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use bindery_build::Config;

const RUNS: usize = 5;

fn main() {
    let argument = env::args().nth(1);
    if let (Some("--generate"), Some(root)) = (argument.as_deref(), env::args().nth(2)) {
        Config::new(root).generate().unwrap();
        return;
    }
    let sizes: &[usize] = match argument.as_deref() {
        Some("--all") => &[10, 100, 1_000, 10_000],
        Some(_) => panic!("the only argument is --all"),
        None => &[10, 100, 1_000],
    };
    let optimised = if cfg!(debug_assertions) { "not optimised" } else { "optimised" };
    println!("milliseconds, {optimised}");
    println!("{:>8} {:>8} {:>8} {:>8}", "queries", "lock", "warm", "cold");
    for &queries in sizes {
        let root = env::temp_dir().join(format!("bindery-scale-{}", std::process::id()));
        project::write(&root, queries);
        let [warm, cold, lock] = [Start::Warm, Start::Cold, Start::Lock].map(|start| median(&root, start));
        let shown = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1_000.0);
        println!("{queries:>8} {:>8} {:>8} {:>8}", shown(lock), shown(warm), shown(cold));
        fs::remove_dir_all(&root).unwrap();
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Start {
    Lock,
    Warm,
    Cold,
}

fn median(root: &Path, start: Start) -> Duration {
    // The first also makes what the others find: a cached cluster, a lock.
    run(root, start);
    let mut times: Vec<Duration> = (0..RUNS).map(|_| run(root, start)).collect();
    times.sort();
    times[RUNS / 2]
}

/// One run in a process of its own.
fn run(root: &Path, start: Start) -> Duration {
    let (out, cache) = (root.join("out"), root.join("cache"));
    let _ = fs::remove_dir_all(&out);
    if start != Start::Lock {
        let _ = fs::remove_file(root.join("bindery.lock"));
    }
    if start == Start::Cold {
        let _ = fs::remove_dir_all(&cache);
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.arg("--generate").arg(root).env("OUT_DIR", &out);
    command.envs((start == Start::Cold).then_some((OsStr::new("BINDERY_CACHE_DIR"), cache.as_os_str())));
    let begin = Instant::now();
    let status = command.status().unwrap();
    let time = begin.elapsed();
    assert!(status.success());
    time
}
