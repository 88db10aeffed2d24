//! The attribute does what it says.

use bindery::testing::{FromTestDatabase, TestDatabase};
use bindery::{BoxError, Connection, DatabaseClient, Error, Transaction};

use crate::migrations::{MIGRATIONS, OTHER};

async fn count(conn: &Connection, table: &str) -> i64 {
    conn.query::<(i64,)>(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap()[0].0
}

#[bindery::test]
async fn the_database_is_migrated_as_in_production(conn: Connection) {
    assert_eq!(count(&conn, "cars").await, 0);
    let sql = "SELECT version_id FROM goose_db_version ORDER BY version_id";
    let versions: Vec<(i64,)> = conn.query(sql, &[]).await.unwrap();
    assert_eq!(versions, [(0,), (1,), (2,)]);
}

#[bindery::test(migrations = OTHER)]
async fn each_set_of_migrations_has_its_own_databases(conn: Connection) {
    assert_eq!(count(&conn, "others").await, 0);
    assert!(conn.execute("SELECT FROM cars", &[]).await.is_err());
}

#[bindery::test(fixtures("owners", "tests/fixtures/cars.sql"))]
async fn fixtures_run_in_order(client: DatabaseClient) -> Result<(), Error> {
    let conn = client.connection().await?;
    assert_eq!((count(&conn, "owners").await, count(&conn, "cars").await), (2, 2));
    Ok(())
}

#[bindery::test]
async fn what_is_taken_is_of_one_database(database: TestDatabase, client: DatabaseClient, conn: Connection) {
    conn.execute("INSERT INTO owners (name) VALUES ('Ada')", &[]).await.unwrap();
    assert_eq!(count(&client.connection().await.unwrap(), "owners").await, 1);
    let other = database.client().await.unwrap();
    let name: Vec<(String,)> =
        other.connection().await.unwrap().query("SELECT current_database()::text", &[]).await.unwrap();
    assert_eq!(name[0].0, database.name());
    assert!(database.url().contains(database.name()), "{}", database.url());
}

struct Owned(i64);

impl FromTestDatabase for Owned {
    async fn from_test_database(database: &TestDatabase) -> Result<Self, BoxError> {
        let conn = database.client().await?.connection().await?;
        Ok(Self(count(&conn, "cars").await))
    }
}

#[bindery::test(fixtures("owners", "cars"))]
async fn a_type_of_ones_own_is_made_after_the_fixtures(Owned(cars): Owned) {
    assert_eq!(cars, 2);
}

#[bindery::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_have_threads_of_their_own(client: DatabaseClient) {
    let here = std::thread::current().id();
    // The other thread answers while this one blocks.
    let (sender, receiver) = std::sync::mpsc::channel();
    tokio::spawn(async move {
        let owners = count(&client.connection().await.unwrap(), "owners").await;
        sender.send((owners, std::thread::current().id())).unwrap();
    });
    let (owners, there) = receiver.recv().unwrap();
    assert_eq!(owners, 0);
    assert_ne!(here, there);
}

#[bindery::test]
#[should_panic(expected = "as it was written")]
async fn a_panic_is_that_of_the_test() {
    panic!("as it was written");
}

/// Two of them, one of which would see the other's row.
async fn insert_ada(conn: &Connection) {
    assert_eq!(count(conn, "owners").await, 0);
    conn.execute("INSERT INTO owners (name) VALUES ('Ada')", &[]).await.unwrap();
}

#[bindery::test(rollback)]
async fn what_is_rolled_back_is_seen_by_no_other_test(conn: &Connection) {
    insert_ada(conn).await;
}

#[bindery::test(rollback)]
async fn what_is_rolled_back_is_seen_by_no_other_test_either(tx: &mut Transaction) -> Result<(), Error> {
    insert_ada(tx).await;
    // An error undoes its own savepoint.
    let outcome = tx.transaction(async |inner| inner.execute("SELECT 1 / 0", &[]).await.map(|_| ())).await;
    assert!(outcome.is_err());
    assert_eq!(count(tx, "owners").await, 1);
    Ok(())
}

#[bindery::test(rollback)]
async fn a_statement_that_fails_leaves_a_transaction_that_can_be_rolled_back(tx: &Transaction) {
    assert!(tx.execute("SELECT 1 / 0", &[]).await.is_err());
}

#[bindery::test(rollback, fixtures("owners"))]
async fn fixtures_are_rolled_back_too(conn: &Connection) {
    assert_eq!(count(conn, "owners").await, 2);
}
