//! COPY in and out.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bindery::{Connection, Error, Param};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{INSERT, client, database, insert, pid, query, run, words};

const COPY: &str = "COPY t (id, word) FROM STDIN (FORMAT binary)";

static COUNT: bindery::Query = query("Count", "SELECT count(*) FROM t", &[("count", "int8")]);

async fn count(conn: &Connection) -> i64 {
    conn.fetch_one(&COUNT, &[], |row| row.get(0)).await.unwrap()
}

/// An id that is a multiple of `WRONG` has an argument of the wrong type.
fn bind<const WRONG: i64>(id: i64, bind: &mut dyn FnMut(&[&dyn Param])) {
    match id % WRONG {
        0 => bind(&[&id, &id]),
        _ => bind(&[&id, &"word"]),
    }
}

/// Set where a test runs in a process of its own.
const ALONE: &str = "BINDERY_TEST_ALONE";

const NEVER: i64 = i64::MAX;

#[tokio::test]
async fn a_million_rows_are_loaded_in_bounded_memory() {
    if std::env::var_os(ALONE).is_none() {
        // Other tests of the process have memory as well.
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        alone.args(["--exact", "copy::a_million_rows_are_loaded_in_bounded_memory", "--nocapture"]);
        assert!(alone.env(ALONE, "1").status().unwrap().success());
        return;
    }
    let database = database();
    let client = client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    let before = peak_memory();
    assert_eq!(conn.copy_from(&INSERT, COPY, 1..=1_000_000, bind::<NEVER>).await.unwrap(), 1_000_000);
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        // As they are sent they have 30 MB.
        println!("{} kB more", after - before);
        assert!(after - before < 16_000, "{before} kB, then {after} kB");
    }
    assert_eq!(count(&conn).await, 1_000_000);
    drop(conn);
    assert_eq!(client.stats().cleaned, 0);
}

/// Of this process, in kB.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[tokio::test]
async fn a_row_that_cannot_be_written_leaves_nothing() {
    let database = database();
    let client = client(&database, 1).await;
    let before = pid(&client).await;
    let conn = client.connection().await.unwrap();
    let error = conn.copy_from(&INSERT, COPY, 1..=100_000, bind::<50_000>).await.unwrap_err();
    assert_eq!((error.batch_index(), error.query()), (Some(49_999), Some("Insert")));
    assert!(error.to_string().contains("parameter $2 cannot be written"), "{error}");
    assert_eq!(count(&conn).await, 0);
    drop(conn);
    assert_eq!((pid(&client).await, client.stats().cleaned), (before, 0));
}

#[tokio::test]
async fn the_server_refuses_a_row_and_nothing_is_loaded() {
    let database = database();
    let client = client(&database, 1).await;
    let before = pid(&client).await;
    let conn = client.connection().await.unwrap();
    let rows = (1..50_000).chain([7]).chain(50_000..60_000);
    let error = conn.copy_from(&INSERT, COPY, rows, bind::<NEVER>).await.unwrap_err();
    assert!(error.is_unique_violation() && error.query() == Some("Insert"), "{error}");
    let error = conn.copy_from(&INSERT, COPY, [1_i64], |id, bind| bind(&[&id, &""])).await.unwrap_err();
    assert!(error.is_check_violation(), "{error}");
    assert_eq!(count(&conn).await, 0);
    drop(conn);
    assert_eq!(pid(&client).await, before);
}

#[tokio::test]
async fn a_connection_that_did_not_come_to_copy_is_not_used_again() {
    let database = database();
    let client = client(&database, 1).await;
    let before = pid(&client).await;
    let conn = client.connection().await.unwrap();
    // The statement can be prepared and not run.
    run(
        &database,
        "CREATE ROLE reader; GRANT USAGE ON SCHEMA public TO reader; GRANT INSERT (id) ON t TO reader",
    );
    conn.set("role", "reader").await.unwrap();
    let error = conn.copy_from(&INSERT, COPY, 1..=3, bind::<NEVER>).await.unwrap_err();
    assert_eq!(error.sqlstate().map(|state| state.code()), Some("42501"), "{error}");
    drop(conn);
    assert_ne!(pid(&client).await, before);
    run(&database, "DROP OWNED BY reader; DROP ROLE reader");
}

#[tokio::test]
async fn rows_that_are_waited_for_may_fail() {
    let database = database();
    let conn = client(&database, 1).await.connection().await.unwrap();
    let rows = stream::iter(1..=3).then(async |id| {
        tokio::task::yield_now().await;
        Ok::<_, Error>(id)
    });
    assert_eq!(conn.copy_from_stream(&INSERT, COPY, rows, bind::<NEVER>).await.unwrap(), 3);

    #[derive(Debug)]
    enum Failure {
        Source,
        Database,
    }
    impl From<Error> for Failure {
        fn from(_: Error) -> Self {
            Self::Database
        }
    }
    let rows = stream::iter([Ok(4), Err(Failure::Source)]);
    let failure = conn.copy_from_stream(&INSERT, COPY, rows, bind::<NEVER>).await.unwrap_err();
    assert!(matches!(failure, Failure::Source), "{failure:?}");
    let rows = stream::iter([Ok::<_, Failure>(1)]);
    let failure = conn.copy_from_stream(&INSERT, COPY, rows, bind::<NEVER>).await.unwrap_err();
    assert!(matches!(failure, Failure::Database), "{failure:?}");
    assert_eq!(count(&conn).await, 3);
}

#[tokio::test]
async fn dropped_at_any_point_all_is_loaded_or_nothing() {
    let database = database();
    let client = client(&database, 1).await;
    for polls in 1.. {
        let conn = client.connection().await.unwrap();
        let (mut left, mut has_ended) = (polls, false);
        {
            let rows = stream::iter(1..=20_000_i64).map(Ok::<_, Error>);
            let mut work = pin!(conn.copy_from_stream(&INSERT, COPY, rows, bind::<NEVER>));
            poll_fn(|cx| {
                left -= 1;
                has_ended = work.as_mut().poll(cx).is_ready();
                if has_ended || left == 0 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
        drop(conn);
        let conn = client.connection().await.unwrap();
        let count = count(&conn).await;
        assert!(count == 0 || count == 20_000, "{count} rows after {polls} polls");
        if has_ended {
            assert!(polls > 3, "{polls}");
            break;
        }
        run(&database, "TRUNCATE t");
    }
}

#[tokio::test]
async fn it_is_part_of_a_transaction() {
    let database = database();
    let client = client(&database, 1).await;
    let tx = client.begin().await.unwrap();
    tx.copy_from(&INSERT, COPY, 1..=3, bind::<NEVER>).await.unwrap();
    insert(&tx, 4, "four").await.unwrap();
    assert_eq!(count(&tx).await, 4);
    tx.rollback().await.unwrap();
    let conn = client.connection().await.unwrap();
    assert_eq!(count(&conn).await, 0);
}

#[tokio::test]
async fn data_goes_out_and_in_as_it_is() {
    let database = database();
    let client = client(&database, 1).await;
    let before = pid(&client).await;
    let conn = client.connection().await.unwrap();
    let data = ["1,o", "ne\n2,two\n"].map(|chunk| Ok::<_, Error>(chunk.into()));
    let copied = conn.copy_in_raw("COPY t FROM STDIN (FORMAT csv)", stream::iter(data)).await.unwrap();
    assert_eq!(copied, 2);
    assert_eq!(words(&conn).await.unwrap(), ["one", "two"]);
    let out = conn.copy_out("COPY (SELECT * FROM t ORDER BY id DESC) TO STDOUT (FORMAT csv)").await.unwrap();
    let chunks: Vec<bytes::Bytes> = out.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), b"2,two\n1,one\n");
    // What ends it comes after its last byte, and is not left for the next call.
    assert_eq!(count(&conn).await, 2);
    let error = conn.copy_out("COPY missing TO STDOUT").await.unwrap_err();
    assert_eq!(error.sqlstate().unwrap().code(), "42P01");
    let data = stream::iter([Ok::<_, Error>("not a number,three\n".into())]);
    let error = conn.copy_in_raw("COPY t FROM STDIN (FORMAT csv)", data).await.unwrap_err();
    assert_eq!(error.sqlstate().unwrap().code(), "22P02");
    assert_eq!(count(&conn).await, 2);
    drop(conn);
    assert_eq!(pid(&client).await, before);
    assert_eq!(client.stats().cleaned, 1, "such a text may have changed anything");
}

#[tokio::test]
async fn what_goes_out_can_be_dropped() {
    let database = database();
    let client = client(&database, 1).await;
    let before = pid(&client).await;
    let conn = client.connection().await.unwrap();
    let mut out = conn.copy_out("COPY (SELECT generate_series(1, 1000000000)) TO STDOUT").await.unwrap();
    assert_eq!(out.next().await.unwrap().unwrap(), "1\n");
    drop(out);
    drop(conn);
    let next = tokio::time::timeout(Duration::from_secs(30), pid(&client)).await.unwrap();
    assert_eq!(next, before);
}
