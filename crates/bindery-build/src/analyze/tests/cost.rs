//! What analysis costs beside describing: a ratio, measured side by side on one server. It asserts nothing.
//!
//! `BINDERY_MEASURE=1 cargo test -p bindery-build --lib cost -- --nocapture`, with `--release` too: a build script runs
//! unoptimised unless the user says otherwise.

use std::path::Path;
use std::time::{Duration, Instant};

use bindery_postgres::{Database, Server};

use crate::analyze::Given;
use crate::catalog;
use crate::config::Config;
use crate::parse::{self, Unnamed};
use crate::server_error::ServerError;
use crate::session::Session;
use crate::source;
use crate::trees::{self, Sent, Texts};
use crate::wire::Statement;

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
    let modes = [Mode::Described, Mode::TreesSent, Mode::Analysed];
    // The first round fills the server's caches.
    let rounds: Vec<[Duration; 3]> =
        (0..=RUNS).map(|_| modes.map(|mode| run(&database, &queries, mode))).collect();
    let [described, sent, analysed] = [0, 1, 2].map(|mode| {
        let mut times: Vec<Duration> = rounds[1..].iter().map(|round| round[mode]).collect();
        times.sort();
        times[RUNS / 2]
    });
    let percent = |more: Duration, than: Duration| (more.as_secs_f64() / than.as_secs_f64() - 1.0) * 100.0;
    println!(
        "{STATEMENTS} statements described in {described:.0?}, with their trees sent in {sent:.0?} ({:+.0} %), and analysed \
         in {analysed:.0?} ({:+.0} %)",
        percent(sent, described),
        percent(analysed, sent)
    );
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// Types alone.
    Described,
    /// The server sends its trees too, and nobody reads them.
    TreesSent,
    Analysed,
}

fn run(database: &Database, queries: &[String], mode: Mode) -> Duration {
    let mut session = Session::open(database.config()).unwrap();
    if mode == Mode::Described {
        session.send_trees(false);
    }
    let start = Instant::now();
    let texts = Texts::new(queries.len());
    let (params, trees) = trees::read_beside(&texts, |feed| {
        let statements: Vec<&str> = queries.iter().map(String::as_str).collect();
        let answers = session.describe(&statements, |statement, tree| {
            if mode == Mode::Analysed {
                feed.put(statement, tree);
            }
        });
        let given =
            |answer: Result<Statement, ServerError>| vec![Given::default(); answer.unwrap().params.len()];
        answers.unwrap().into_iter().map(given).collect::<Vec<_>>()
    });
    if mode == Mode::Analysed {
        let sent = queries.iter().map(|sql| Sent { sql, stars: Vec::new() }).collect::<Vec<_>>();
        let catalog = catalog::load(&mut session, trees.iter().flatten()).unwrap();
        assert_eq!(trees::analyze(trees, &params, &sent, &catalog).len(), queries.len());
    }
    start.elapsed()
}
