//! PgBouncer in transaction mode, older than 1.21: each transaction may run on another server connection, which knows
//! nothing of what was prepared.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use bindery::types::{BytesMut, IsNull, ToSql, Type, to_sql_checked};
use bindery::{Config, DatabaseClient, Error, PreparedStatements, Query};
use futures_util::future::join_all;

use crate::server::Server;
use crate::{query, run};

static ADD: Query = Query {
    name: "Add",
    file: "queries/moods.sql",
    sql: "INSERT INTO moods (id, mood) VALUES ($1, $2::mood)",
    params: &["int8", "public.mood"],
    columns: &[],
};
static MOODS: Query = Query {
    name: "Moods",
    file: "queries/moods.sql",
    sql: "SELECT id, mood FROM moods WHERE id >= $1 ORDER BY id",
    params: &["int8"],
    columns: &[("id", "int8"), ("mood", "public.mood")],
};
static PREPARED: Query =
    query("Prepared", "SELECT count(*) AS n FROM pg_prepared_statements", &[("n", "int8")]);

const SCHEMA: &str = "CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE TABLE moods (id int8 PRIMARY KEY, mood mood NOT NULL);";

/// The pooler; ended when dropped.
struct Pooler {
    process: Child,
    folder: PathBuf,
    port: u16,
}

impl Pooler {
    /// None where it is not installed.
    async fn start(server: &Server) -> Option<Self> {
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].map(PathBuf::from);
        let program = program.into_iter().find(|path| path.exists())?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = server.subfolder("pgbouncer");
        let settings = format!(
            "[databases]\npostgres = host=127.0.0.1 port={} dbname=postgres user=postgres\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 2\nserver_reset_query = DISCARD ALL\n",
            server.port
        );
        fs::write(folder.join("pgbouncer.ini"), settings).unwrap();
        let mut command = server.command_at(&program);
        command.arg(folder.join("pgbouncer.ini")).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::task::yield_now().await;
        }
        Some(Self { process, folder, port })
    }

    fn config(&self) -> Config {
        let url = format!("postgresql://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.port);
        Config::from_url(&url).unwrap().max_connections(8)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A label of the enum.
#[derive(Debug)]
struct Good;

impl ToSql for Good {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, bindery::BoxError> {
        out.extend_from_slice(b"good");
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        ty.name() == "mood"
    }

    to_sql_checked!();
}

async fn add(conn: &bindery::Connection, id: i64) -> Result<(), Error> {
    conn.exec(&ADD, &[&id, &bindery::Driver(Good)]).await.map(|_| ())
}

/// Several clients at once on fewer server connections.
async fn use_all(client: &DatabaseClient, from: i64) -> Result<(), Error> {
    let calls = (from..from + 40).map(|id| async move {
        client
            .transaction(async |tx| {
                add(tx, id).await?;
                let rows = tx.fetch_many(&MOODS, &[&id], |row| row.get::<i64>(0)).await?;
                assert!(rows.contains(&id));
                Ok::<_, Error>(())
            })
            .await?;
        let conn = client.connection().await?;
        let rows = conn.fetch_many(&MOODS, &[&id], |row| row.get::<i64>(0)).await?;
        assert!(rows.contains(&id));
        Ok(())
    });
    join_all(calls).await.into_iter().collect()
}

#[tokio::test]
async fn statements_that_are_not_kept_work_on_any_server_connection() {
    let server = Server::start();
    let Some(pooler) = Pooler::start(&server).await else {
        println!("left out: pgbouncer is not installed");
        return;
    };
    run(&server.url("postgres"), SCHEMA).await;
    let config = pooler.config().prepared_statements(PreparedStatements::Unnamed);
    let client = DatabaseClient::create(config.clone()).await.unwrap();
    // Two pools have the same names for the same statements.
    let other = DatabaseClient::create(config).await.unwrap();
    for round in 0..5 {
        let (one, two) = (use_all(&client, round * 100), use_all(&other, round * 100 + 50));
        let (one, two) = futures_util::future::join(one, two).await;
        one.unwrap();
        two.unwrap();
    }
    let conn = client.connection().await.unwrap();
    assert_eq!(conn.fetch_one(&PREPARED, &[], |row| row.get::<i64>(0)).await.unwrap(), 0);
}

/// The fault: what the setting is there for.
#[tokio::test]
async fn statements_that_are_kept_are_lost_between_server_connections() {
    let server = Server::start();
    let Some(pooler) = Pooler::start(&server).await else {
        println!("left out: pgbouncer is not installed");
        return;
    };
    run(&server.url("postgres"), SCHEMA).await;
    let client = DatabaseClient::create(pooler.config()).await.unwrap();
    let mut failed = false;
    for round in 0..20 {
        failed |= use_all(&client, round * 100).await.is_err();
    }
    assert!(failed, "this pooler keeps statements: the test of the other mode shows nothing");
}
