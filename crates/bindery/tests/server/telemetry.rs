//! What can be seen of calls from outside.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bindery::{Config, DatabaseClient, QueryOutcome};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::{SLEEP, WORDS, database, insert, run, words};

/// Spans and events with their fields as text.
#[derive(Clone, Default)]
struct Seen {
    spans: Arc<Mutex<Vec<Fields>>>,
    events: Arc<Mutex<Vec<(String, Fields)>>>,
    ended: Arc<AtomicI64>,
}

#[derive(Clone, Debug, Default)]
struct Fields(HashMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl Fields {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("bindery::")
}

impl Subscriber for Seen {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_ours(metadata)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        let mut spans = self.spans.lock().unwrap();
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut self.spans.lock().unwrap()[index]);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let at = format!("{} {}", event.metadata().level(), event.metadata().target());
        self.events.lock().unwrap().push((at, fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn clone_span(&self, id: &Id) -> Id {
        self.ended.fetch_sub(1, Ordering::Relaxed);
        id.clone()
    }

    fn try_close(&self, _: Id) -> bool {
        self.ended.fetch_add(1, Ordering::Relaxed);
        true
    }
}

impl Seen {
    fn events_at(&self, at: &str) -> Vec<Fields> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|(place, _)| place == at).map(|(_, fields)| fields.clone()).collect()
    }
}

#[tokio::test]
async fn calls_are_spans_without_values() {
    let seen = Seen::default();
    let _guard = tracing::subscriber::set_default(seen.clone());
    let database = database();
    let client = crate::client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    insert(&conn, 1, "secret").await.unwrap();
    insert(&conn, 1, "secret").await.unwrap_err();
    words(&conn).await.unwrap();
    conn.execute("SELECT 'secret'", &[]).await.unwrap();
    conn.fetch_one(&WORDS, &[], |row| row.get::<i64>(0)).await.unwrap_err();

    let spans = seen.spans.lock().unwrap().clone();
    assert_eq!((spans.len(), seen.ended.load(Ordering::Relaxed)), (5, 5), "{spans:?}");
    let names: Vec<_> = spans.iter().map(|span| span.get("db.query.name")).collect();
    assert_eq!(names, [Some("Insert"), Some("Insert"), Some("Words"), None, Some("Words")]);
    let rows: Vec<_> = spans.iter().map(|span| span.get("db.response.returned_rows")).collect();
    assert_eq!(rows, [Some("1"), None, Some("1"), Some("1"), None]);
    assert_eq!(spans[1].get("db.response.status_code"), Some("23505"));
    assert_eq!(spans[4].get("error.type"), Some("bindery"));
    assert_eq!(spans[0].get("bindery.file"), Some("queries/t.sql"));
    assert_eq!(spans[0].get("db.system.name"), Some("postgresql"));
    assert!(!format!("{spans:?}").contains("secret"), "{spans:?}");
    assert_eq!(seen.events_at("DEBUG bindery::connection").len(), 1);
}

#[tokio::test]
async fn notices_have_their_severity() {
    let seen = Seen::default();
    let _guard = tracing::subscriber::set_default(seen.clone());
    let database = database();
    let client = crate::client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    conn.batch_execute(
        "DO $$ BEGIN
            RAISE WARNING 'one' USING HINT = 'a hint', ERRCODE = '01999';
            RAISE NOTICE 'two';
        END $$",
    )
    .await
    .unwrap();
    let warnings = seen.events_at("WARN bindery::notice");
    let fields = ["message", "hint", "sqlstate"].map(|name| warnings[0].get(name));
    assert_eq!(fields, [Some("one"), Some("a hint"), Some("01999")]);
    let notices = seen.events_at("INFO bindery::notice");
    assert_eq!((warnings.len(), notices.len(), notices[0].get("message")), (1, 1, Some("two")));
}

#[tokio::test]
async fn a_lost_connection_says_why() {
    let seen = Seen::default();
    let _guard = tracing::subscriber::set_default(seen.clone());
    let database = database();
    let client = crate::client(&database, 1).await;
    let conn = client.connection().await.unwrap();
    let kill = format!("SELECT pg_terminate_backend({})", crate::own_pid(&conn).await);
    run(&database, &kill);
    // The first call that fails may have the server's answer, and the next one the end of the connection.
    let lost = || seen.events_at("WARN bindery::connection");
    let wait = async {
        while lost().is_empty() {
            let _ = words(&conn).await;
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap();
    assert!(words(&conn).await.is_err());
    let lost = lost();
    assert_eq!(lost.len(), 1, "{lost:?}");
    // The server's own words, unless the next call has met the closed connection first.
    assert!(lost[0].get("reason").unwrap().starts_with("the connection has ended: "), "{lost:?}");
}

#[tokio::test]
async fn each_call_is_told_of_once() {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let database = database();
    let to = told.clone();
    let config = Config::from_url(database.url()).unwrap().max_connections(1).on_query(move |event| {
        assert!(event.elapsed < Duration::from_secs(60));
        let outcome = match event.outcome {
            QueryOutcome::Rows(rows) => rows.to_string(),
            QueryOutcome::Failed(error) => error.sqlstate().unwrap().code().to_owned(),
            QueryOutcome::Dropped => "dropped".to_owned(),
        };
        let name = event.query.map_or("other", |query| query.name);
        to.lock().unwrap().push(format!("{name} {outcome}"));
    });
    let client = DatabaseClient::create(config).await.unwrap();
    let conn = client.connection().await.unwrap();
    insert(&conn, 1, "a").await.unwrap();
    insert(&conn, 1, "a").await.unwrap_err();
    words(&conn).await.unwrap();
    let sleep = conn.exec(&SLEEP, &[]);
    tokio::time::timeout(Duration::from_millis(20), sleep).await.unwrap_err();
    conn.execute("SELECT 1", &[]).await.unwrap();
    let expected = ["Insert 1", "Insert 23505", "Words 1", "Sleep dropped", "other 1"];
    assert_eq!(*told.lock().unwrap(), expected);
}
