//! Throughput and the client's CPU time of one operation of one peer.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::item::{ITEMS, Item};
use crate::peer::{Peer, Worker};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Find,
    List,
    Insert,
    Load,
    FindTogether,
}

impl Operation {
    pub const ALL: [Self; 5] = [Self::Find, Self::List, Self::Insert, Self::Load, Self::FindTogether];

    pub fn name(self) -> &'static str {
        match self {
            Self::Find => "one row by key",
            Self::List => "1,000 rows",
            Self::Insert => "insert one row",
            Self::Load => "load 10,000 rows",
            Self::FindTogether => "100 small selects",
        }
    }
}

/// Where the operations run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One connection, one operation after another, a runtime of two threads.
    Sequential,
    /// The same on a runtime of one thread.
    CurrentThread,
    /// Tasks that share a pool of as many connections, a runtime of two threads.
    Pool,
}

/// Tasks, and connections of the pool.
const TASKS: u32 = 8;

impl Mode {
    pub const ALL: [Self; 3] = [Self::Sequential, Self::CurrentThread, Self::Pool];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sequential => "one connection",
            Self::CurrentThread => "one connection, one thread",
            Self::Pool => "pool of 8, 8 tasks",
        }
    }

    fn runtime(self) -> Runtime {
        let mut builder = match self {
            Self::Sequential | Self::Pool => Builder::new_multi_thread(),
            Self::CurrentThread => Builder::new_current_thread(),
        };
        builder.worker_threads(2).enable_all().build().unwrap()
    }
}

/// What was measured at once.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub operations: u64,
    pub elapsed: Duration,
    /// Of this process, user and system.
    pub cpu: Duration,
}

/// When to stop: after a time, or after a number of operations, which instruction counts want.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    Elapsed(Duration),
    Operations(u64),
}

/// A peer that is connected.
pub trait Measured {
    fn measure(&mut self, operation: Operation, until: Until) -> Sample;
    /// Compares what the peer reads and writes with what it should.
    fn check(&mut self, server: &mut bindery_postgres::Client);
}

/// Connects a peer for a mode.
pub type Connect = fn(Mode, &str) -> Box<dyn Measured>;

pub fn connect<P: Peer + 'static>(mode: Mode, url: &str) -> Box<dyn Measured> {
    let runtime = Rc::new(mode.runtime());
    match mode {
        Mode::Sequential | Mode::CurrentThread => {
            let workers = vec![runtime.block_on(P::on_connection(url))];
            Box::new(Workers { runtime, workers })
        }
        Mode::Pool => {
            let workers = runtime.block_on(P::on_pool(url, TASKS));
            Box::new(Workers { runtime, workers })
        }
    }
}

/// A worker a task.
struct Workers<W> {
    runtime: Rc<Runtime>,
    workers: Vec<W>,
}

impl<W: Worker> Measured for Workers<W> {
    fn measure(&mut self, operation: Operation, until: Until) -> Sample {
        let items = match operation {
            Operation::Load => Item::all(),
            _ => vec![Item::new(2)],
        };
        let tasks: Vec<_> = self.workers.drain(..).map(|worker| (worker, items.clone())).collect();
        let (cpu, start) = (cpu_time(), Instant::now());
        let tasks: Vec<_> = (0..)
            .zip(tasks)
            .map(|(number, (worker, items))| {
                self.runtime.spawn(repeat(worker, operation, items, number, until))
            })
            .collect();
        let mut operations = 0;
        for task in tasks {
            let (worker, done) = self.runtime.block_on(task).unwrap();
            operations += done;
            self.workers.push(worker);
        }
        Sample { operations, elapsed: start.elapsed(), cpu: cpu_time() - cpu }
    }

    fn check(&mut self, server: &mut bindery_postgres::Client) {
        let worker = self.workers.pop().unwrap();
        let worker = self.runtime.block_on(self.runtime.spawn(check_reads(worker))).unwrap();
        let worker = self.runtime.block_on(self.runtime.spawn(write(worker))).unwrap();
        self.workers.push(worker);
        let same = "SELECT count(*) FROM items JOIN TABLE USING (name, price, quantity, created_at)
                    WHERE items.note IS NOT DISTINCT FROM TABLE.note";
        for (table, rows) in [("inserts", 2), ("loads", ITEMS)] {
            let found: i64 = server.query_one(&same.replace("TABLE", table), &[]).unwrap().get(0);
            assert_eq!(found, rows, "{table}");
        }
        empty(server);
    }
}

/// Empties what was written to.
pub fn empty(server: &mut bindery_postgres::Client) {
    server.batch_execute("TRUNCATE inserts, loads").unwrap();
}

async fn repeat<W: Worker>(
    mut worker: W,
    operation: Operation,
    items: Vec<Item>,
    task: i64,
    until: Until,
) -> (W, u64) {
    let start = Instant::now();
    let is_over = |done: u64| match until {
        Until::Elapsed(time) => start.elapsed() >= time,
        Until::Operations(most) => done >= most,
    };
    let (mut done, mut key) = (0, 7919 * task);
    let mut ids = [0; 100];
    while !is_over(done) {
        key = (key + 7907) % (ITEMS - 1000);
        match operation {
            Operation::Find => drop(worker.find(key + 1).await),
            Operation::List => drop(worker.list(key + 1).await),
            Operation::Insert => drop(worker.insert(&items[0]).await),
            Operation::Load => worker.load(&items).await,
            Operation::FindTogether => {
                ids.iter_mut().zip(key + 1..).for_each(|(id, key)| *id = key);
                drop(worker.find_together(&ids).await);
            }
        }
        done += 1;
    }
    (worker, done)
}

// A box tells the compiler that the future is `Send` whatever the worker's lifetimes are.
fn check_reads<W: Worker>(mut worker: W) -> Pin<Box<dyn Future<Output = W> + Send>> {
    Box::pin(async move {
        for id in [1, 2] {
            assert_eq!(worker.find(id).await.into(), Item::new(id));
        }
        let expected: Vec<Item> = (501..=1500).map(Item::new).collect();
        let listed: Vec<Item> = worker.list(501).await.into_iter().map(Into::into).collect();
        assert_eq!(listed, expected);
        let ids: Vec<i64> = (501..=600).collect();
        let together: Vec<Item> = worker.find_together(&ids).await.into_iter().map(Into::into).collect();
        assert_eq!(together, expected[..100]);
        worker
    })
}

async fn write<W: Worker>(mut worker: W) -> W {
    for id in [1, 2] {
        worker.insert(&Item::new(id)).await;
    }
    worker.load(&Item::all()).await;
    worker
}

/// The CPU time of this process, user and system.
fn cpu_time() -> Duration {
    // SAFETY: all bits zero are a `rusage`, and the call only writes to it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_SELF, &raw mut usage), 0);
        usage
    };
    [usage.ru_utime, usage.ru_stime]
        .iter()
        .map(|time| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000))
        .sum()
}
