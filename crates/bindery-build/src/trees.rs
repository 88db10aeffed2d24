//! Many trees: read on a thread of their own while the server describes the next, analysed on all cores.
//!
//! Trees nest as deep as statements do, so the threads have room for it.

use std::sync::{OnceLock, mpsc};
use std::thread::{self, Scope, ScopedJoinHandle};

use crate::analyze::node::{self, Value};
use crate::analyze::{self, Analysis, Given};
use crate::catalog::Catalog;
use crate::cores;
use crate::lint;

/// Enough for the deepest tree that is read, in code that is not optimised; only what is used is taken.
pub(crate) const STACK: usize = 64 << 20;

/// As few statements are not worth another thread.
const FEWEST: usize = 16;

/// The texts of trees, by the number of their statement. They outlive the trees, which borrow from them.
pub(crate) struct Texts(Vec<OnceLock<String>>);

impl Texts {
    pub fn new(statements: usize) -> Self {
        Self((0..statements).map(|_| OnceLock::new()).collect())
    }
}

/// A statement as it is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sent<'q> {
    pub sql: &'q str,
    /// The bytes at which the stars of embedded rows stand.
    pub stars: Vec<usize>,
}

/// Takes trees in, as the server sends them.
pub(crate) struct Feed(Vec<mpsc::Sender<(usize, String)>>);

impl Feed {
    /// Hands over a statement's tree, of which only the first counts.
    pub fn put(&self, statement: usize, text: String) {
        // Its reader is there as long as this is.
        let _ = self.0[statement % self.0.len()].send((statement, text));
    }
}

/// Runs `describe` and reads beside it what it puts; a statement without a tree, or with one that cannot be read, has none.
pub(crate) fn read_beside<'t, T>(
    texts: &'t Texts,
    describe: impl FnOnce(Feed) -> T,
) -> (T, Vec<Option<Value<'t>>>) {
    thread::scope(|scope| {
        let start = |_| {
            let (sender, received) = mpsc::channel();
            (sender, spawn(scope, move || read_each(texts, received)))
        };
        let (senders, readers): (Vec<_>, Vec<_>) = (0..cores::count()).map(start).unzip();
        let described = describe(Feed(senders));
        let mut trees: Vec<Option<Value<'t>>> = texts.0.iter().map(|_| None).collect();
        for reader in readers {
            for (statement, tree) in reader.join().expect("reading does not panic") {
                trees[statement] = tree;
            }
        }
        (described, trees)
    })
}

fn read_each<'t>(
    texts: &'t Texts,
    received: mpsc::Receiver<(usize, String)>,
) -> Vec<(usize, Option<Value<'t>>)> {
    let read = |(statement, sent): (usize, String)| {
        let text = texts.0[statement].get_or_init(|| node::unwrapped(&sent));
        (statement, node::parse(text))
    };
    received.into_iter().map(read).collect()
}

/// Analyses each tree with what the user says of its parameters, looks for mistakes and embedded rows in those whose text is
/// in `sent`, and drops it.
pub(crate) fn analyze(
    trees: Vec<Option<Value<'_>>>,
    given: &[Vec<Given>],
    sent: &[Sent<'_>],
    catalog: &Catalog,
) -> Vec<Analysis> {
    let share = given.len().div_ceil(cores::count()).max(FEWEST);
    let mut trees = trees.into_iter();
    thread::scope(|scope| {
        let start = |(number, given): (usize, _)| {
            let trees: Vec<_> = trees.by_ref().take(share).collect();
            let sent = sent.get(number * share..).unwrap_or_default();
            spawn(scope, move || analyze_share(trees, given, sent, catalog))
        };
        let running: Vec<_> = given.chunks(share).enumerate().map(start).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("analysing does not panic")).collect()
    })
}

fn analyze_share(
    trees: Vec<Option<Value<'_>>>,
    given: &[Vec<Given>],
    sent: &[Sent<'_>],
    catalog: &Catalog,
) -> Vec<Analysis> {
    let statements = trees.into_iter().zip(given).enumerate();
    let analyzed = statements.map(|(index, (tree, given))| {
        let mut analysis = analyze::analyze(tree.as_ref(), catalog, given);
        let Some(Sent { sql, stars }) = sent.get(index) else { return analysis };
        if let Some(tree) = &tree {
            analysis.findings = lint::in_tree(sql, tree, catalog, given);
        }
        if !stars.is_empty() {
            analyze::find_embeds(&mut analysis, tree.as_ref(), catalog, given, stars);
        }
        analysis
    });
    analyzed.collect()
}

fn spawn<'s, T: Send + 's>(
    scope: &'s Scope<'s, '_>,
    work: impl FnOnce() -> T + Send + 's,
) -> ScopedJoinHandle<'s, T> {
    let started = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
    started.expect("a thread can be started")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;
    use crate::session::Session;

    #[test]
    fn deep_statements_have_room() {
        let database = bindery_postgres::Server::start().unwrap().create_database().unwrap();
        let mut session = Session::open(database.config()).unwrap();
        // The last is deeper than what is read: nothing is known of it.
        for (depth, nullable) in [(10, Some(false)), (450, Some(false)), (1_000, None)] {
            let nested = |left: &str, right: &str| left.repeat(depth) + "now()::text" + &right.repeat(depth);
            let cases = [nested("lower(", ")"), nested("(CASE WHEN now() > now() THEN '' ELSE ", " END)")];
            for sql in cases.map(|expr| format!("SELECT {expr}")) {
                let texts = Texts::new(1);
                let (statement, trees) = read_beside(&texts, |feed| {
                    let (statement, tree) = session.prepare(&sql).unwrap();
                    feed.put(0, tree.unwrap());
                    statement
                });
                assert_eq!(statement.columns.len(), 1);
                let catalog = catalog::load(&mut session, trees.iter().flatten()).unwrap();
                let analyses = analyze(trees, &[Vec::new()], &[], &catalog);
                assert_eq!(analyses[0].columns.first().map(|nulls| nulls.value), nullable, "{depth}");
            }
        }
    }
}
