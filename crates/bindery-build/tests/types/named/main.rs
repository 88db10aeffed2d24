//! Types of the user's own in place of Bindery's, and derives.

#![deny(warnings, missing_docs)]

use std::collections::BTreeMap;
use std::error::Error;

use bindery::rust_decimal::Decimal;
use bindery::types::{BytesMut, FromSql, IsNull, ToSql, Type, to_sql_checked};
use bindery::{Config, DatabaseClient, Interval};
use db::events::{self, InsertEventParams};
use db::{Level, NumberPlate, Percent, Place};

/// What Bindery made.
pub mod db;

/// Knows serde and nothing else.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Payload {
    speed: u32,
}

/// In a list.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Note(String);

/// Implements the driver's traits.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Version(u16, u16);

impl<'r> FromSql<'r> for Version {
    fn from_sql(ty: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let text = <&str>::from_sql(ty, raw)?;
        let (major, minor) = text.split_once('.').ok_or("no point")?;
        Ok(Self(major.parse()?, minor.parse()?))
    }

    fn accepts(ty: &Type) -> bool {
        <&str as FromSql>::accepts(ty)
    }
}

impl ToSql for Version {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        format!("{}.{}", self.0, self.1).to_sql(ty, out)
    }

    fn accepts(ty: &Type) -> bool {
        <&str as ToSql>::accepts(ty)
    }

    to_sql_checked!();
}

/// Made of a text, as serde's `try_from` and `into` have it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Email(String);

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.contains('@') { Ok(Self(text)) } else { Err(format!("{text:?} has no @")) }
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let database = tokio::task::spawn_blocking(migrated).await??;
    let client = DatabaseClient::create(Config::from_url(database.url())?).await?;
    let conn = client.connection().await?;
    insert(&conn).await?;
    read(&conn).await?;
    look_up(&conn).await?;
    newtypes();
    report(&conn).await?;
    errors(&conn).await?;
    println!("types of the user's own were sent and read");
    Ok(())
}

fn migrated() -> Result<bindery_postgres::Database, Box<dyn Error + Send + Sync>> {
    let database = bindery_postgres::Server::start()?.create_database()?;
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/1_events.sql"))?;
    let migration = bindery_migrate::parse("1_events.sql", &text).map_err(|errors| format!("{errors:?}"))?;
    bindery_migrate::apply(&mut database.connect()?, &[migration])?;
    Ok(database)
}

fn plate(text: &str) -> NumberPlate {
    text.to_owned().try_into().expect("a plate")
}

async fn insert(conn: &bindery::Connection) -> Result<(), bindery::Error> {
    let place = Place {
        city: Some("Rome".into()),
        photo: Some(vec![1, 2]),
        extra: Some(bindery::Json(Payload { speed: 7 })),
    };
    let number = "0.1".parse().expect("a number");
    let first = InsertEventParams {
        id: 1,
        payload: &Payload { speed: 30 },
        note: None,
        version: &Version(1, 12),
        plate: &plate("KA-1"),
        percent: Some(&Percent::try_from(40).expect("a percentage")),
        preferences: Some(&BTreeMap::from([("dark".to_owned(), true)])),
        level: &Level::VeryHigh,
        place: Some(&place),
        photo: Some(&[255, 0]),
        cost: Decimal::new(1250, 2),
        any_number: Some(&number),
        lasts: Interval { months: 14, days: 3, microseconds: 1_500_000 },
        owner_email: &Email("grace@example.org".into()),
        tags: &["a", "b"],
    };
    events::insert_event(conn, first).await?;
    let nothing = InsertEventParams {
        id: 2,
        note: Some(&bindery::serde_json::json!(["x"])),
        percent: None,
        preferences: None,
        place: None,
        photo: None,
        any_number: None,
        ..first
    };
    events::insert_event(conn, nothing).await
}

async fn read(conn: &bindery::Connection) -> Result<(), bindery::Error> {
    let event = events::find_event(conn, 1).await?;
    assert_eq!(event.payload.speed, 30);
    assert_eq!(event.version, Version(1, 12));
    assert_eq!(event.plate, plate("KA-1"));
    assert_eq!(event.percent.map(i32::from), Some(40));
    assert_eq!(event.preferences, Some(BTreeMap::from([("dark".to_owned(), true)])));
    assert_eq!(event.level, Level::VeryHigh);
    assert_eq!(event.owner_email, Email("grace@example.org".into()));
    assert_eq!(event.cost, Decimal::new(1250, 2));
    assert_eq!(event.tags, ["a", "b"]);
    let place = event.place.expect("a place");
    assert_eq!(place.extra.map(|bindery::Json(payload)| payload.speed), Some(7));
    let other = events::find_event(conn, 2).await?;
    assert!(other.place.is_none() && other.preferences.is_none() && other.percent.is_none());
    Ok(())
}

async fn look_up(conn: &bindery::Connection) -> Result<(), bindery::Error> {
    let found = events::find_by_plate(conn, &plate("KA-1"), &Level::VeryHigh).await?.map(|row| row.id);
    assert_eq!(found, Some(1));
    assert_eq!(events::find_by_email(conn, &Email("grace@example.org".into())).await?.len(), 2);
    assert_eq!(events::find_by_plates(conn, &[plate("X"), plate("KA-1")]).await?.len(), 2);
    let notes = vec![Note("x".into())];
    let found = events::notes(conn, Some(&notes)).await?;
    assert_eq!(found.iter().map(|row| (row.id, row.note.clone())).collect::<Vec<_>>(), [(2, Some(notes))]);
    assert_eq!(events::notes(conn, None).await?.len(), 2);
    assert_eq!(events::versions(conn, "1.0").await?, ["1.12", "1.12"]);
    assert_eq!(events::raise(conn, None).await?, None);
    let number = events::exact_cost(conn, 1, &Decimal::new(1, 2)).await?;
    assert_eq!(number, Decimal::new(1, 1));
    let owned: Vec<String> = vec!["b".into()];
    assert_eq!(events::tagged(conn, &owned).await?, [1, 2]);
    assert_eq!(events::tagged(conn, &["b", "c"]).await?, [1, 2]);
    Ok(())
}

fn newtypes() {
    let error = NumberPlate::try_from("much too long".to_owned()).expect_err("nine letters");
    assert_eq!(error.domain, "public.plate");
    assert!(error.to_string().contains("length"), "{error}");
    assert!(NumberPlate::try_from(String::new()).is_err());
    assert!(Percent::try_from(101).is_err() && Percent::try_from(-1).is_err() && Percent::try_from(100).is_ok());
    assert_eq!(String::from(plate("KA-1")), "KA-1");
}

/// What serde and schemars make of a row.
async fn report(conn: &bindery::Connection) -> Result<(), Box<dyn Error + Send + Sync>> {
    let row = db::reports::report(conn, 1).await?;
    let json = bindery::serde_json::to_value(&row)?;
    let expected = bindery::serde_json::json!({
        "id": 1, "plate": "KA-1", "level": "very high", "photo": "/wA=", "cost": "12.50", "anyNumber": "0.1",
        "lasts": "P1Y2M3DT1.5S", "owner": "grace@example.org", "tags": ["a", "b"],
        "span": {"bounds": [{"Included": 1}, {"Excluded": 5}]},
    });
    assert_eq!(json, expected);
    assert_eq!(bindery::serde_json::from_value::<db::reports::ReportRow>(json)?, row);
    let schema = schemars::schema_for!(db::reports::ReportRow);
    let properties = schema.get("properties").and_then(|properties| properties.as_object()).ok_or("no properties")?;
    assert!(expected.as_object().ok_or("no object")?.keys().all(|key| properties.contains_key(key)));
    assert_eq!(properties["photo"]["type"], bindery::serde_json::json!(["string", "null"]));
    let unknown: Level = bindery::serde_json::from_str("\"later\"")?;
    assert_eq!(unknown, Level::Unknown("later".into()));
    Ok(())
}

/// Values that the types do not take name the query and the column.
async fn errors(conn: &bindery::Connection) -> Result<(), bindery::Error> {
    events::break_email(conn, &Email("x@".into()), 2).await?;
    static RAW: bindery::Query = bindery::Query {
        name: "Raw",
        file: "main.rs",
        sql: "UPDATE events SET owner_email = 'nobody' WHERE id = 2",
        params: &[],
        columns: &[],
    };
    conn.exec(&RAW, &[]).await?;
    let error = events::find_event(conn, 2).await.map(|_| ()).expect_err("no address").to_string();
    let expected = "query FindEvent (queries/events.sql): column owner_email cannot be read: \
                    it is no named::Email: \"nobody\" has no @";
    assert_eq!(error, expected);
    events::break_payload(conn, &bindery::serde_json::json!({"speed": -1.00}), 1).await?;
    let error = events::find_event(conn, 1).await.map(|_| ()).expect_err("a negative speed").to_string();
    assert!(error.starts_with("query FindEvent (queries/events.sql): column payload cannot be read: the JSON is no"), "{error}");
    assert_eq!(events::exact(conn, 1).await?.get(), "{\"speed\": -1.0}");
    // What only the server checks.
    let error = events::change_plate(conn, &plate("lower"), 1).await.expect_err("small letters");
    assert!(error.is_check_violation(), "{error}");
    assert!(events::find_by_plate(conn, &plate("lower"), &Level::Low).await?.is_none());
    Ok(())
}
