//! A bank under all faults at once: no money is lost or made, no transfer that was said to be done is missing, and none
//! that was said to be undone is there.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use bindery::{Config, DatabaseClient, Error, Isolation, Query};

use crate::proxy::{Network, Proxy};
use crate::server::Server;
use crate::{query, run};

const ACCOUNTS: i64 = 20;
const TASKS: usize = 200;
const CONNECTIONS: u32 = 4;

static TAKE: Query = Query {
    name: "Take",
    file: "queries/bank.sql",
    sql: "UPDATE accounts SET balance = balance - $2 WHERE id = $1 RETURNING id",
    params: &["int8", "int8"],
    columns: &[("id", "int8")],
};
static GIVE: Query = Query {
    name: "Give",
    file: "queries/bank.sql",
    sql: "UPDATE accounts SET balance = balance + $2 WHERE id = $1 RETURNING id",
    params: &["int8", "int8"],
    columns: &[("id", "int8")],
};
static BOOK: Query = Query {
    name: "Book",
    file: "queries/bank.sql",
    sql: "INSERT INTO transfers (id) VALUES ($1)",
    params: &["int8"],
    columns: &[],
};
static ECHO: Query = Query {
    name: "Echo",
    file: "queries/bank.sql",
    sql: "SELECT $1::int8 AS echo",
    params: &["int8"],
    columns: &[("echo", "int8")],
};
static SUM: Query = query("Sum", "SELECT sum(balance)::int8 AS sum FROM accounts", &[("sum", "int8")]);
static BOOKED: Query = query("Booked", "SELECT id FROM transfers", &[("id", "int8")]);
static OTHERS: Query = query(
    "Others",
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bank' AND pid <> pg_backend_pid()
        AND state <> 'idle'",
    &[("count", "int8")],
);

const SCHEMA: &str = "CREATE TABLE accounts (id int8 PRIMARY KEY, balance int8 NOT NULL);
    INSERT INTO accounts SELECT n, 100 FROM generate_series(1, 20) AS n;
    CREATE TABLE transfers (id int8 PRIMARY KEY);";

/// What a transfer has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Undone,
    Unknown,
}

/// A random number generator that can be started again: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, most: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 % u64::try_from(most).unwrap()).unwrap()
    }
}

/// How long it runs: a soak is asked for with `BINDERY_SOAK`, in seconds.
fn duration() -> Duration {
    let asked = std::env::var("BINDERY_SOAK").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(asked.unwrap_or(12))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_money_is_lost_whatever_breaks() {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let seed = u64::try_from(since.as_micros()).unwrap() | 1;
    println!("seed {seed}");
    let server = Server::start();
    run(&server.url("postgres"), SCHEMA).await;
    let proxy = Proxy::to(server.port).await;
    let config = Config::from_url(&proxy.url("postgres")).unwrap().application_name("bank");
    let config = config.max_connections(CONNECTIONS).call_timeout(Duration::from_secs(2));
    let config = config.check_after_idle(Duration::from_secs(1)).connection_timeout(Duration::from_secs(5));
    let client = DatabaseClient::create(config).await.unwrap();

    let is_over = Arc::new(AtomicBool::new(false));
    let ids = Arc::new(AtomicI64::new(0));
    let workers: Vec<_> = (0..TASKS)
        .map(|number| {
            let (client, is_over, ids) = (client.clone(), is_over.clone(), ids.clone());
            tokio::spawn(work(client, is_over, ids, Random(seed ^ ((number as u64 + 1) * 0x9E37_79B9))))
        })
        .collect();
    let faults = break_things(&server, &proxy, Random(seed)).await;
    is_over.store(true, Ordering::Release);
    let mut outcomes = HashMap::new();
    for worker in workers {
        outcomes.extend(worker.await.unwrap());
    }

    let conn = client.connection().await.unwrap();
    assert_eq!(conn.fetch_one(&SUM, &[], |row| row.get::<i64>(0)).await.unwrap(), ACCOUNTS * 100);
    let booked: HashSet<i64> =
        conn.fetch_many(&BOOKED, &[], |row| row.get(0)).await.unwrap().into_iter().collect();
    let count = |wanted| outcomes.values().filter(|outcome| **outcome == wanted).count();
    let (done, undone, unknown) = (count(Outcome::Done), count(Outcome::Undone), count(Outcome::Unknown));
    println!("{faults:?}: {done} done, {undone} undone, {unknown} unknown; {:?}", client.stats());
    for (id, outcome) in &outcomes {
        match outcome {
            Outcome::Done => assert!(booked.contains(id), "transfer {id} was said to be done"),
            Outcome::Undone => assert!(!booked.contains(id), "transfer {id} was said to be undone"),
            Outcome::Unknown => {}
        }
    }
    assert!(done > 100, "it is no test if nothing gets through");
    drop(conn);
    settle(&client).await;
    client.close(Duration::from_secs(10)).await.unwrap();
    assert_eq!(client.stats().connections, 0);
}

/// Nothing is in use, waiting or working in the end.
async fn settle(client: &DatabaseClient) {
    let idle = async {
        loop {
            let conn = client.connection().await.unwrap();
            let others: i64 = conn.fetch_one(&OTHERS, &[], |row| row.get(0)).await.unwrap();
            drop(conn);
            let stats = client.stats();
            if others == 0 && stats.in_use == 0 && stats.waiting == 0 && stats.connections <= CONNECTIONS {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), idle).await.unwrap();
}

/// One fault after another, each with a name and how often it was.
async fn break_things(server: &Server, proxy: &Proxy, mut random: Random) -> HashMap<&'static str, u32> {
    let mut faults = HashMap::new();
    let end = Instant::now() + duration();
    while Instant::now() < end {
        // Work goes on between the faults.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let name = match random.below(10) {
            0 => {
                tokio::task::block_in_place(|| server.down("immediate"));
                tokio::task::block_in_place(|| server.up());
                "crash"
            }
            1 => {
                tokio::task::block_in_place(|| server.down("fast"));
                tokio::task::block_in_place(|| server.up());
                "restart"
            }
            2 => {
                proxy.set(Network::Swallows);
                tokio::time::sleep(Duration::from_millis(500)).await;
                // What was swallowed leaves both sides in the middle of a message.
                proxy.cut();
                "black hole"
            }
            3 | 4 => {
                proxy.cut();
                "cut"
            }
            _ => {
                let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE application_name = 'bank' ORDER BY random() LIMIT 2";
                run(&server.url("postgres"), end).await;
                "killed sessions"
            }
        };
        proxy.set(Network::Works);
        *faults.entry(name).or_insert(0) += 1;
    }
    faults
}

async fn work(
    client: DatabaseClient,
    is_over: Arc<AtomicBool>,
    ids: Arc<AtomicI64>,
    mut random: Random,
) -> Vec<(i64, Outcome)> {
    let mut outcomes = Vec::new();
    while !is_over.load(Ordering::Acquire) {
        let number = random.below(1_000_000);
        match random.below(4) {
            0 => echo(&client, number).await,
            1 => {
                // Dropped wherever it is.
                let limit = Duration::from_micros(u64::try_from(random.below(5_000)).unwrap());
                let id = ids.fetch_add(1, Ordering::Relaxed);
                let outcome = tokio::time::timeout(limit, transfer(&client, id, &mut random)).await;
                outcomes.push((id, outcome.unwrap_or(Outcome::Unknown)));
            }
            _ => {
                let id = ids.fetch_add(1, Ordering::Relaxed);
                outcomes.push((id, transfer(&client, id, &mut random).await));
            }
        }
    }
    outcomes
}

/// The row that comes back is that of this call.
async fn echo(client: &DatabaseClient, number: i64) {
    let Ok(conn) = client.connection().await else { return };
    if let Ok(echo) = conn.fetch_one(&ECHO, &[&number], |row| row.get::<i64>(0)).await {
        assert_eq!(echo, number, "a wrong row");
    }
}

async fn transfer(client: &DatabaseClient, id: i64, random: &mut Random) -> Outcome {
    let (from, to, amount) = (1 + random.below(ACCOUNTS), 1 + random.below(ACCOUNTS), random.below(10));
    let is_given_up = random.below(5) == 0;
    let work = client.build_transaction().isolation(Isolation::ReadCommitted);
    let outcome: Result<(), Error> = work
        .retry(async |tx| {
            let taken: i64 = tx.fetch_one(&TAKE, &[&from, &amount], |row| row.get(0)).await?;
            assert_eq!(taken, from, "a wrong row");
            tx.exec(&BOOK, &[&id]).await?;
            let given: i64 = tx.fetch_one(&GIVE, &[&to, &amount], |row| row.get(0)).await?;
            assert_eq!(given, to, "a wrong row");
            if is_given_up {
                tx.undo();
            }
            Ok(())
        })
        .await;
    match outcome {
        Ok(()) if is_given_up => Outcome::Undone,
        Ok(()) => Outcome::Done,
        Err(error) if error.is_outcome_unknown() => Outcome::Unknown,
        Err(_) => Outcome::Undone,
    }
}
