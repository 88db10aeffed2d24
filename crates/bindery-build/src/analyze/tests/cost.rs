//! What analysis costs beside describing: a ratio, measured side by side on one server. It asserts nothing.
//!
//! `BINDERY_MEASURE=1 cargo test -p bindery-build --lib cost -- --nocapture`, with `--release` too: a build script runs
//! unoptimised unless the user says otherwise.

use std::path::Path;
use std::time::{Duration, Instant};

use bindery_postgres::{Database, Server};

use crate::analyze::{Given, analyze, node};
use crate::catalog;
use crate::config::Config;
use crate::parse::{self, Unnamed};
use crate::session::Session;
use crate::source;

const STATEMENTS: usize = 1_000;
const RUNS: usize = 5;

#[test]
fn cost_of_analysis() {
    if std::env::var_os("BINDERY_MEASURE").is_none() {
        println!("skipped: a measurement, made where BINDERY_MEASURE is set");
        return;
    }
    let database = Server::start().unwrap().create_database().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut client = database.connect().unwrap();
    let migrations = bindery_migrate::read_dir(root.join("migrations")).unwrap();
    bindery_migrate::apply(&mut client, &migrations).unwrap();
    let mut diagnostics = Vec::new();
    let sources = source::read(&Config::new(&root), &mut diagnostics);
    let parsed = sources.queries.iter().map(|file| parse::parse(file, Unnamed::Mistake, &mut diagnostics));
    let queries: Vec<String> = parsed.flat_map(|file| file.queries).map(|query| query.sql).collect();
    let queries: Vec<String> = queries.into_iter().cycle().take(STATEMENTS).collect();
    let mut times: Vec<(Duration, Duration)> =
        (0..=RUNS).map(|_| (run(&database, &queries, false), run(&database, &queries, true))).collect();
    // The first run fills the server's caches.
    times.remove(0);
    let median = |of: fn(&(Duration, Duration)) -> Duration| {
        let mut times: Vec<Duration> = times.iter().map(of).collect();
        times.sort();
        times[times.len() / 2]
    };
    let (without, with) = (median(|times| times.0), median(|times| times.1));
    println!(
        "{STATEMENTS} statements: described in {without:?}, with trees sent, read and analysed in {with:?}: {:+.0} %",
        (with.as_secs_f64() / without.as_secs_f64() - 1.0) * 100.0
    );
}

fn run(database: &Database, queries: &[String], analyses: bool) -> Duration {
    let mut session = Session::open(database.config()).unwrap();
    if !analyses {
        session.client.batch_execute("SET debug_print_rewritten = off").unwrap();
    }
    let start = Instant::now();
    let prepared: Vec<_> = queries.iter().map(|query| session.prepare(query).unwrap()).collect();
    if analyses {
        let t0 = start.elapsed();
        let texts: Vec<String> =
            prepared.iter().filter_map(|p| p.tree.as_deref().map(node::unwrapped)).collect();
        let trees: Vec<_> = texts.iter().map(|text| node::parse(text)).collect();
        println!("bytes {}", texts.iter().map(String::len).sum::<usize>() / texts.len());
        let t1 = start.elapsed();
        let catalog = catalog::load(&mut session, trees.iter().flatten()).unwrap();
        let t2 = start.elapsed();
        for (tree, prepared) in trees.iter().zip(&prepared) {
            analyze(tree.as_ref(), &catalog, &vec![Given::default(); prepared.statement.params().len()]);
        }
        println!("prepare {t0:?} read {:?} catalog {:?} infer {:?}", t1 - t0, t2 - t1, start.elapsed() - t2);
    }
    if analyses { println!("total {:?}", start.elapsed()); }
    start.elapsed()
}
