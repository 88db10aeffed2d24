//! Sends values of every type, and reads them back.

#![deny(warnings, missing_docs)]

mod sample;

use std::error::Error;

use bindery::{Array, Config, DatabaseClient, Dimension};
use sample::{Param, Random, Sample};

/// By default.
pub mod by_default;
/// With jiff.
pub mod by_jiff;
/// With time.
pub mod by_time;
/// With Bindery's own dates.
pub mod by_bindery;
/// With the promises that there are no infinities, and decimals.
pub mod finite;

/// What the checks need.
struct Run {
    conn: bindery::Connection,
    random: Random,
    values: usize,
}

/// The samples of the type that a row's field has.
fn samples<R, T: Sample>(random: &mut Random, _: impl Fn(R) -> Option<T>) -> Vec<T> {
    T::samples(random)
}

macro_rules! check {
    ($name:ident, $module:ident, $ty:literal, $value:ident, $value_row:ident, $list:ident, $list_row:ident) => {
        async fn $name(run: &mut Run) -> Result<(), bindery::Error> {
            let conn = &run.conn;
            let at = concat!($ty, " of ", stringify!($module));
            run.random.ty = $ty;
            for sample in samples(&mut run.random, |row: $module::types::$value_row| row.value) {
                run.values += 1;
                let sent = $module::types::$value(conn, Some(sample.param()), None).await?;
                let shown = sent.shown.expect(at);
                let read = $module::types::$value(conn, None, Some(&shown)).await?;
                assert!(read.value.is_none(), "{at}");
                let (sent, read) = (sent.value.expect(at), read.read.expect(at));
                assert_eq!(format!("{sent:?}"), format!("{read:?}"), "{at}: {shown}");
                if !sample.is_brought_into_form($ty) {
                    assert_eq!(format!("{sample:?}"), format!("{sent:?}"), "{at}");
                }
                if let Some(own) = sample.shown() {
                    assert_eq!(own, shown, "{at}");
                }
            }
            let elements = samples(&mut run.random, |row: $module::types::$value_row| row.value);
            // A NULL element is an error where a promise was made.
            let null = (stringify!($module) != "finite").then_some(None);
            let list: Vec<_> = elements.iter().map(|element| Some(element.element())).chain(null).collect();
            let sent = $module::types::$list(conn, Some(&list), None).await?;
            let read = $module::types::$list(conn, None, sent.shown.as_deref()).await?;
            assert_eq!(format!("{:?}", sent.value), format!("{:?}", read.read), "{at}[]");
            let nothing = $module::types::$list(conn, Some(&[]), None).await?;
            assert_eq!((nothing.shown.as_deref(), nothing.value.map(|list| list.len())), (Some("{}"), Some(0)));
            Ok(())
        }
    };
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let database = tokio::task::spawn_blocking(migrated).await??;
    let client = DatabaseClient::create(Config::from_url(database.url())?.max_connections(2)).await?;
    let random = Random::new();
    let mut run = Run { conn: client.connection().await?, random, values: 0 };
    check_by_default(&mut run).await?;
    check_by_jiff(&mut run).await?;
    check_by_time(&mut run).await?;
    check_by_bindery(&mut run).await?;
    check_finite(&mut run).await?;
    matrices(&run.conn).await?;
    others(&run.conn).await?;
    drop(run.conn);
    changes(&client).await?;
    println!("{} values made the round trip", run.values);
    Ok(())
}

fn migrated() -> Result<bindery_postgres::Database, Box<dyn Error + Send + Sync>> {
    let database = bindery_postgres::Server::start()?.create_database()?;
    let name = "1_types.sql";
    let text = std::fs::read_to_string(format!("{}/migrations/{name}", env!("CARGO_MANIFEST_DIR")))?;
    let migration = bindery_migrate::parse(name, &text).map_err(|errors| format!("{errors:?}"))?;
    bindery_migrate::apply(&mut database.connect()?, &[migration])?;
    database.connect()?.batch_execute(&format!(
        "ALTER DATABASE {} SET timezone = 'UTC'",
        database.connect()?.query_one("SELECT quote_ident(current_database())", &[])?.get::<_, String>(0)
    ))?;
    Ok(database)
}

/// Dimensions and lower bounds.
async fn matrices(conn: &bindery::Connection) -> Result<(), Box<dyn Error + Send + Sync>> {
    let from = |length, lower_bound| Dimension { length, lower_bound };
    let shapes: [(Vec<Dimension>, &str); 4] = [
        (vec![Dimension::of(2), Dimension::of(3)], "{{0,NULL,2},{3,4,5}}"),
        (vec![from(6, 0)], "[0:5]={0,NULL,2,3,4,5}"),
        (vec![from(3, -1), from(1, 7), from(2, 1)], "[-1:1][7:7][1:2]={{{0,NULL}},{{2,3}},{{4,5}}}"),
        (vec![Dimension::of(1); 5].into_iter().chain([Dimension::of(6)]).collect(), "{{{{{{0,NULL,2,3,4,5}}}}}}"),
    ];
    for (dimensions, text) in shapes {
        let elements = (0..6).map(|number| (number != 1).then_some(number)).collect();
        let array = Array::new(dimensions, elements)?;
        let row = by_default::more::matrix(conn, &array, text).await?;
        assert_eq!((row.value, row.shown.as_str(), row.read), (array.clone(), text, array));
    }
    // A Vec has one dimension.
    let text = "{{2020-01-01},{2020-01-02}}";
    let error = by_time::types::list_date(conn, None, Some(text)).await.unwrap_err().to_string();
    assert!(error.ends_with("column read cannot be read: the array has 2 dimensions, a Vec has one"), "{error}");
    Ok(())
}

/// Results that no parameter has, and values that the chosen types do not hold.
async fn others(conn: &bindery::Connection) -> Result<(), bindery::Error> {
    by_default::more::void(conn).await?;
    assert_eq!(by_default::more::c_string(conn).await?.as_deref(), Some("ok"));
    let empty = by_default::types::value_tsquery(conn, None, Some("")).await?;
    assert_eq!(empty.read, Some(bindery::text_search::TsQuery::Empty));
    let error = by_default::types::value_tsquery(conn, empty.read.as_ref(), None).await.unwrap_err();
    assert!(error.to_string().ends_with("write ''::tsquery in the SQL"), "{error}");
    // Since 17; before, the same parts are a very long time.
    for infinity in [bindery::Interval::INFINITY, bindery::Interval::NEGATIVE_INFINITY] {
        if by_default::more::major(conn).await? >= 17 {
            let row = by_default::types::value_interval(conn, Some(infinity), Some(&infinity.to_string())).await?;
            assert_eq!((row.value, row.read), (Some(infinity), Some(infinity)));
            assert_eq!(row.shown, Some(infinity.to_string()));
        }
    }
    for (text, expected) in [
        ("300000-01-01", "300000-01-01 does not fit chrono::naive::date::NaiveDate"),
        ("infinity", "infinity does not fit chrono::naive::date::NaiveDate"),
    ] {
        let error = finite::types::value_date(conn, None, Some(text)).await.unwrap_err().to_string();
        assert!(error.contains("column read cannot be read: ") && error.ends_with(expected), "{error}");
    }
    let error = by_jiff::types::value_time(conn, None, Some("24:00")).await.unwrap_err().to_string();
    assert!(error.ends_with("24:00:00 does not fit jiff::civil::time::Time"), "{error}");
    let error = finite::types::list_date(conn, None, Some("{NULL}")).await.unwrap_err().to_string();
    assert!(error.ends_with("column read cannot be read: it is NULL"), "{error}");
    Ok(())
}

/// A type that has changed since the code was generated, for a connection that knew it before and for a new one.
async fn changes(client: &DatabaseClient) -> Result<(), bindery::Error> {
    use by_default::more;
    let before = client.connection().await?;
    let address = by_default::Address {
        street: Some("High Street".into()),
        house_number: None,
        words: None,
        moods: Some(vec![Some(by_default::Mood::VeryHappy)].into()),
        since: None,
    };
    let text = "(\"High Street\",,,\"{\"\"very happy\"\"}\",)";
    assert_eq!(more::an_address(&before, &address, text).await?.value, address);
    more::add_mood(&client.connection().await?).await?;
    more::add_attribute(&client.connection().await?).await?;
    assert_eq!(more::insert_grant(&before, "(a,=r/postgres)").await?, 1);
    let later = format!("{},here)", text.trim_end_matches(')'));
    let after = client.connection().await?;
    let mood = more::later_mood(&after).await?;
    assert_eq!(mood, by_default::Mood::UnknownLabel("added later".to_owned()));
    let row = more::an_address(&after, &address, &later).await?;
    assert_eq!((&row.value, &row.read), (&address, &address));
    Ok(())
}
