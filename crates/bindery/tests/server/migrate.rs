//! Migrations that a program carries.

use std::time::Duration;

use bindery::migrate::{
    Command, Format, MigrationFile, Migrations, OutOfOrder, RunErrorKind, RustMigration, State,
};
use bindery::{Config, Connection, DatabaseClient, Error, Queries, SqlState};
use bindery_postgres::{Database, Server};

use crate::{client, pid, run};

const fn file(path: &'static str, text: &'static str) -> MigrationFile {
    MigrationFile { path, text }
}

const fn migrations(files: &'static [MigrationFile]) -> Migrations {
    Migrations { files, format: Format::Goose, multi_statement: false, table: "goose_db_version" }
}

static CARS: Migrations = migrations(&[
    file(
        "migrations/1_cars.sql",
        "-- +goose Up\nCREATE TABLE cars (plate text);\n-- +goose Down\nDROP TABLE cars;\n",
    ),
    file(
        "migrations/2_index.sql",
        "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY cars_plate ON cars (plate);\n\
         -- +goose Down\nDROP INDEX cars_plate;\n",
    ),
]);

fn database() -> Database {
    Server::start().unwrap().create_database().unwrap()
}

async fn count(client: &DatabaseClient, sql: &str) -> i64 {
    let (count,) = client.connection().await.unwrap().query_one(sql, &[]).await.unwrap();
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_replicas_may_start_at_once() {
    let database = database();
    let mut replicas = Vec::new();
    for _ in 0..10 {
        let client = client(&database, 1).await;
        replicas.push(tokio::spawn(async move { client.migrate(&CARS).await.unwrap().done.len() }));
    }
    let mut done = 0;
    for replica in replicas {
        done += replica.await.unwrap();
    }
    assert_eq!(done, 2);
    let client = client(&database, 1).await;
    assert_eq!(count(&client, "SELECT count(*) FROM goose_db_version").await, 3);
    assert_eq!(
        count(&client, "SELECT count(*) FROM pg_index WHERE indexrelid = 'cars_plate'::regclass").await,
        1
    );
}

#[tokio::test]
async fn the_pool_is_new_after_something_was_done_and_only_then() {
    let database = database();
    let client = client(&database, 1).await;
    let before = pid(&client).await;
    let report = client.migrate(&CARS).await.unwrap();
    assert_eq!(report.applied().collect::<Vec<_>>(), ["migrations/1_cars.sql", "migrations/2_index.sql"]);
    let after = pid(&client).await;
    assert_ne!(before, after);
    assert_eq!(client.migrate(&CARS).await.unwrap().version, 2);
    assert_eq!(pid(&client).await, after);
}

#[tokio::test]
async fn any_command_runs_and_tells_what_is_there() {
    let database = database();
    let client = client(&database, 1).await;
    let migrator = CARS.migrator().unwrap();
    client.migrate_with(&migrator, Command::UpTo(1)).await.unwrap();
    let status = client.migration_status(&migrator).await.unwrap();
    assert_eq!((status.version, &status.migrations[1].state), (1, &State::Pending));
    client.migrate(&CARS).await.unwrap();
    let report = client.migrate_with(&migrator, Command::Reset).await.unwrap();
    assert_eq!((report.done.len(), report.version), (2, 0));
}

#[tokio::test]
async fn what_sets_a_connection_up_does_so_here_too() {
    let database = database();
    run(&database, "CREATE SCHEMA app");
    let config = Config::from_url(database.url()).unwrap();
    let config = config.on_connect(|conn| Box::pin(conn.set("search_path", "app")));
    let client = DatabaseClient::create(config).await.unwrap();
    client.migrate(&CARS).await.unwrap();
    assert_eq!(count(&client, "SELECT count(*) FROM app.goose_db_version").await, 3);
    assert_eq!(count(&client, "SELECT count(*) FROM app.cars").await, 0);
}

static FAILING: Migrations = migrations(&[
    file("migrations/1_cars.sql", "-- +goose Up\nCREATE TABLE cars (plate text UNIQUE);\n"),
    file("migrations/2_rows.sql", "-- +goose Up\nINSERT INTO cars VALUES ('A'), ('A');\n"),
    file("migrations/3_more.sql", "-- +goose Up\nCREATE TABLE more ();\n"),
]);

#[tokio::test]
async fn an_error_says_what_was_done_and_what_was_not() {
    let database = database();
    let client = client(&database, 1).await;
    let error = client.migrate(&FAILING).await.unwrap_err();
    assert!(error.is_unique_violation(), "{error}");
    assert_eq!(error.constraint(), Some("cars_plate_key"));
    let text = error.to_string();
    assert!(
        text.starts_with("the database was not migrated: migrations/2_rows.sql, statement 1: duplicate key"),
        "{text}"
    );
    let error = error.migration().unwrap();
    assert_eq!(error.done()[0].path, "migrations/1_cars.sql");
    assert_eq!(error.not_done(), ["migrations/3_more.sql"]);
}

static LATE: Migrations = migrations(&[file("4_late.sql", "-- +goose Up\nSELECT 1;\n")]);

struct Shout;

impl RustMigration for Shout {
    async fn up(&self, conn: &Connection) -> Result<(), Error> {
        for (plate,) in conn.query::<(String,)>("SELECT plate FROM cars", &[]).await? {
            conn.execute("UPDATE cars SET plate = $2 WHERE plate = $1", &[&plate, &plate.to_uppercase()])
                .await?;
        }
        conn.query_one::<(i32,)>("SELECT 1 / (SELECT count(*)::int FROM cars)", &[]).await.map(|_| ())
    }

    async fn down(&self, conn: &Connection) -> Result<(), Error> {
        conn.execute("UPDATE cars SET plate = lower(plate)", &[]).await.map(|_| ())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_in_rust_have_their_turn() {
    let database = database();
    let client = client(&database, 1).await;
    let mut migrator = CARS.migrator().unwrap();
    migrator.register(3, "shout", Shout);
    let error = client.migrate_with(&migrator, Command::Up).await.unwrap_err();
    assert!(error.to_string().contains("shout: SQL \"SELECT 1 /"), "{error}");
    assert_eq!(error.migration().unwrap().done().len(), 2);
    run(&database, "INSERT INTO cars VALUES ('b-1'), ('b-2')");
    let (task_client, task_migrator) = (client.clone(), migrator.clone());
    let report = tokio::spawn(async move { task_client.migrate_with(&task_migrator, Command::Up).await });
    assert_eq!(report.await.unwrap().unwrap().applied().collect::<Vec<_>>(), ["shout"]);
    assert_eq!(count(&client, "SELECT count(*) FROM cars WHERE plate LIKE 'B%'").await, 2);
    assert_eq!(count(&client, "SELECT count(*) FROM goose_db_version WHERE version_id = 3").await, 1);
    client.migrate_with(&migrator, Command::Down).await.unwrap();
    assert_eq!(count(&client, "SELECT count(*) FROM cars WHERE plate LIKE 'b%'").await, 2);
    // One that comes too late is out of order like any other.
    let mut late = LATE.migrator().unwrap();
    client.migrate_with(&late, Command::Up).await.unwrap();
    late.register(3, "shout", Shout);
    let error = client.migrate_with(&late, Command::Up).await.unwrap_err();
    assert!(matches!(error.migration().unwrap().kind(), RunErrorKind::OutOfOrder { .. }), "{error}");
    late.out_of_order(OutOfOrder::Apply);
    client.migrate_with(&late, Command::Up).await.unwrap();
}

static SLOW: Migrations = migrations(&[file("1_slow.sql", "-- +goose Up\nSELECT pg_sleep(600);\n")]);

#[tokio::test]
async fn a_call_that_is_dropped_gives_the_lock_back() {
    let database = database();
    let client = client(&database, 1).await;
    let migrating = client.migrate(&SLOW);
    let sleeps = async {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND wait_event = 'PgSleep'";
        while count(&client, sql).await == 0 {}
    };
    tokio::select! {
        outcome = migrating => panic!("{outcome:?}"),
        () = sleeps => {}
    }
    let mut migrator = CARS.migrator().unwrap();
    migrator.lock_patience(Some(Duration::from_secs(60)));
    assert_eq!(client.migrate_with(&migrator, Command::Up).await.unwrap().done.len(), 2);
}

#[tokio::test]
async fn a_variable_that_is_missing_is_told() {
    static ASKING: Migrations = migrations(&[file(
        "1_a.sql",
        "-- +goose ENVSUB ON\n-- +goose Up\nSELECT ${BINDERY_TEST_NOBODY_SETS_THIS?is needed};\n",
    )]);
    let error = ASKING.migrator().unwrap_err().to_string();
    assert!(error.starts_with("the migrations cannot be read: 1_a.sql"), "{error}");
}

#[tokio::test]
async fn an_error_of_the_server_alone_is_told_too() {
    let database = database();
    let client = client(&database, 1).await;
    let mut migrator = CARS.migrator().unwrap();
    migrator.table("nowhere.versions");
    let error = client.migrate_with(&migrator, Command::Up).await.unwrap_err();
    assert_eq!(error.sqlstate(), Some(&SqlState::INVALID_SCHEMA_NAME), "{error}");
}

#[tokio::test]
async fn a_table_of_another_name_is_known_everywhere() {
    static NAMED: Migrations = Migrations { table: "app.versions", ..CARS };
    static QUERIES: Queries = Queries {
        queries: &[],
        relations: &[],
        enums: &[],
        composites: &[],
        domains: &[],
        migrations: &[1, 2, 3],
        migration_table: "app.versions",
    };
    let database = database();
    run(&database, "CREATE SCHEMA app");
    let client = client(&database, 1).await;
    client.migrate(&NAMED).await.unwrap();
    assert_eq!(count(&client, "SELECT count(*) FROM app.versions_checksums").await, 2);
    let told: Vec<String> = client.verify(&QUERIES).await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(told, ["migration 3 is not applied"]);
}
