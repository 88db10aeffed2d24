//! Calls functions and procedures on a temporary database.

#![deny(warnings, missing_docs)]

use std::error::Error;

use bindery::uuid::Uuid;
use bindery::{Config, Connection, DatabaseClient};
use db::procedures::{self, MoveBookingOutParams};
use db::{CarRecord, ProcedureQueries, Spot, functions, utilities};

/// What Bindery made.
pub mod db;

fn migrated() -> Result<bindery_postgres::Database, Box<dyn Error + Send + Sync>> {
    let database = bindery_postgres::Server::start()?.create_database()?;
    database.connect()?.batch_execute(include_str!("../migrations/1_functions.sql"))?;
    Ok(database)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let database = tokio::task::spawn_blocking(migrated).await??;
    let client = DatabaseClient::create(Config::from_url(database.url())?).await?;
    let conn = client.connection().await?;
    tables(&conn).await?;
    single_rows(&conn).await?;
    composites(&conn).await?;
    sets(&conn).await?;
    arguments(&conn).await?;
    nothing_returned(&conn).await?;
    aggregates(&conn).await?;
    calls(&conn).await?;
    utilities(&conn).await?;
    drop(conn);
    commits(&client).await?;
    println!("functions and procedures ran");
    Ok(())
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

async fn tables(conn: &Connection) -> Result<(), bindery::Error> {
    let cars = functions::cars_like(conn, "KA", 1).await?;
    assert_eq!(cars.iter().map(|car| (car.id, car.seats)).collect::<Vec<_>>(), [(Some(1), Some(4))]);
    assert_eq!(functions::cars_like_by_default(conn, "KA").await?.len(), 2);
    let named = functions::cars_named_notation(conn, 0, "S").await?;
    assert_eq!((named[0].id, named[0].plate.clone()), (Some(3), text("S 3")));
    assert_eq!(functions::cars_named_notation_plain(conn, 0, "S").await?.len(), 1);
    let by_body = functions::cars_by_body(conn, "KA").await?;
    assert_eq!((by_body[1].id, by_body[1].plate.as_str(), by_body[1].seats), (2, "KA 2", None));
    let nobody = functions::no_one(conn).await?;
    assert_eq!((nobody[0].id, nobody[0].plate.clone()), (None, None));
    let record = functions::any_record(conn, 7).await?;
    assert_eq!((record.id, record.label), (Some(7), text("record")));
    assert_eq!(functions::any_records(conn, 2).await?[1].label, text("record 2"));
    Ok(())
}

async fn single_rows(conn: &Connection) -> Result<(), bindery::Error> {
    let ada = functions::split_name(conn, "Ada Lovelace").await?;
    assert_eq!((ada.first_name, ada.last_name), (text("Ada"), text("Lovelace")));
    let plato = functions::split_name_fields(conn, "Plato").await?;
    assert_eq!((plato.first_name, plato.last_name), (text("Plato"), None));
    assert_eq!(functions::split_name_field(conn, "Plato").await?, None);
    assert_eq!(functions::twice(conn, 21).await?, 42);
    assert_eq!(functions::twice_from(conn, 4).await?, 8);
    let next = functions::next_step(conn, 1).await?;
    assert_eq!((next.step, next.label.as_str()), (2, "step 1"));
    Ok(())
}

async fn composites(conn: &Connection) -> Result<(), bindery::Error> {
    let spot = |x: i32, label: Option<String>| Spot { x: Some(x), label };
    let spots = functions::spots(conn, 2).await?;
    assert_eq!((spots[1].x, spots[1].label.as_str()), (2, "spot 2"));
    assert_eq!(functions::whole_spots(conn, 1).await?, [spot(1, text("spot 1"))]);
    assert_eq!(functions::whole_spots_from(conn, 1).await?, [spot(1, text("spot 1"))]);
    let fields = functions::spots_fields(conn, 1).await?;
    assert_eq!((fields[0].x, fields[0].label.clone()), (Some(1), text("spot 1")));
    assert_eq!(functions::spot_at(conn, 3, "here").await?, spot(3, text("here")));
    let from = functions::spot_at_from(conn, 3, "here").await?;
    assert_eq!((from.x, from.label.as_str()), (3, "here"));
    let fields = functions::spot_at_fields(conn, 3, "here").await?;
    assert_eq!((fields.x, fields.label.as_str()), (3, "here"));
    assert_eq!(functions::spot_or_null(conn, 1).await?, Some(spot(1, None)));
    assert_eq!(functions::spot_or_null(conn, -1).await?, None);
    assert_eq!(functions::spot_or_null_from(conn, -1).await?.x, None);
    // In FROM the row is there, even if the function gives none.
    let whole = functions::spot_or_null_whole(conn, -1).await?;
    assert_eq!((whole.spot, whole.is_null), (Spot { x: None, label: None }, true));
    let cars = functions::all_cars(conn, 2).await?;
    assert_eq!((cars[0].id, cars[0].plate.as_str(), cars[0].seats), (2, "KA 2", None));
    assert_eq!(functions::empty_cars(conn, 1).await?[0].id, None);
    let nobody = CarRecord { id: None, plate: None, seats: None };
    assert_eq!(functions::whole_empty_cars(conn, 1).await?, [nobody]);
    Ok(())
}

async fn sets(conn: &Connection) -> Result<(), bindery::Error> {
    assert_eq!(functions::numbers(conn, 3).await?, [1, 2, 3]);
    assert_eq!(functions::numbers_selected(conn, 2).await?, [1, 2]);
    assert_eq!(functions::numbers_or_null(conn, 3).await?, [Some(1), None, Some(3)]);
    let rows = functions::numbers_side_by_side(conn, 1, 3).await?;
    let pairs: Vec<_> = rows.iter().map(|row| (row.one, row.other)).collect();
    assert_eq!(pairs, [(Some(1), Some(1)), (None, None), (None, Some(3))]);
    let rows = functions::numbers_and_more(conn, 2).await?;
    assert_eq!((rows[1].n, rows[1].word.as_str()), (2, "same"));
    let rows = functions::with_ordinality(conn, 2).await?;
    assert_eq!(rows.iter().map(|row| (row.n, row.place)).collect::<Vec<_>>(), [(Some(1), 1), (None, 2)]);
    let rows = functions::rows_from(conn, 2, 1).await?;
    assert_eq!((rows[1].one, rows[1].other), (Some(2), None));
    let rows = functions::lateral(conn, 2).await?;
    assert_eq!(rows.iter().map(|row| (row.id, row.seats)).collect::<Vec<_>>(), [(2, 0), (3, 2)]);
    let rows = functions::left_lateral(conn, 1).await?;
    assert_eq!(rows.iter().map(|row| row.seats).collect::<Vec<_>>(), [Some(4), None, Some(2)]);
    Ok(())
}

async fn arguments(conn: &Connection) -> Result<(), bindery::Error> {
    assert_eq!(functions::total(conn, 1, 2, 3).await?, 6);
    assert_eq!(functions::total_named(conn, 1, 2, 3).await?, 6);
    assert_eq!(functions::total_of_list(conn, &[4, 5]).await?, 9);
    assert_eq!(functions::total_of_untyped_list(conn, &[]).await?, 0);
    assert_eq!(functions::first_of(conn, &["a", "b"]).await?, text("a"));
    assert_eq!(functions::first_of(conn, &[] as &[&str]).await?, None);
    assert_eq!(functions::either(conn, "a", "b").await?, text("a"));
    assert_eq!(functions::either_null(conn, None, Some("b")).await?, text("b"));
    assert_eq!(functions::either_null(conn, None, None).await?, None);
    let id = Uuid::from_u128(7);
    let pair = functions::as_pair(conn, id).await?;
    let many = pair.many.map(|many| many.iter().flatten().copied().collect::<Vec<_>>());
    assert_eq!((pair.one, many), (Some(id), Some(vec![id])));
    assert_eq!(functions::strictly(conn, 1, 2).await?, 1);
    assert_eq!(functions::strictly_null(conn, None, 2).await?, None);
    assert_eq!(functions::greet(conn, "Ada").await?, "Hello Ada!");
    assert_eq!(functions::greet_more(conn, "Ada", "?").await?, "Hello Ada?");
    assert_eq!(functions::seats_of(conn, 2).await?.map(|car| car.seats), Some(0));
    assert!(functions::seats_of(conn, 9).await?.is_none());
    assert_eq!(functions::kind_of_number(conn, 1).await?, "number");
    assert_eq!(functions::kind_of_word(conn, "four").await?, 4);
    Ok(())
}

async fn nothing_returned(conn: &Connection) -> Result<(), bindery::Error> {
    functions::log_note(conn, "exec").await?;
    // NULL in SQL, an empty value in PL/pgSQL.
    let () = functions::log_note_one(conn, "sql").await?;
    let () = functions::log_in_plpgsql(conn, "plpgsql").await?;
    let both = functions::log_both(conn, "both").await?;
    assert_eq!((both.log_note, both.one), ((), 1));
    assert_eq!(functions::notes_of(conn, 0).await?.len(), 4);
    Ok(())
}

async fn aggregates(conn: &Connection) -> Result<(), bindery::Error> {
    assert_eq!(functions::product(conn, 0.5).await?, Some(2.0));
    assert_eq!(functions::words(conn, ", ").await?, text("KA 1, KA 2, S 3"));
    let rows = functions::running_words(conn, "/").await?;
    assert_eq!((rows[1].id, rows[1].so_far.clone()), (2, text("KA 1/KA 2")));
    Ok(())
}

async fn notes(conn: &Connection, car: i32) -> Result<Vec<Option<String>>, bindery::Error> {
    functions::notes_of(conn, car).await
}

async fn calls(conn: &Connection) -> Result<(), bindery::Error> {
    utilities::clear(conn).await?;
    procedures::book(conn, 1, "plain").await?;
    procedures::book_named(conn, "named", 1).await?;
    procedures::book_by_names(conn, 1, None).await?;
    assert_eq!(notes(conn, 1).await?, [text("named"), text("plain"), None]);
    assert_eq!(procedures::book_rows(conn, 4, "uncounted").await?, 0);
    procedures::book_all(conn).await?;
    procedures::book_all_of(conn, "all").await?;
    assert_eq!(notes(conn, 2).await?, [text("all"), None]);
    procedures::book_each(conn, [(5, "a"), (5, "b")].map(|(car, remark)| procedures::BookEachParams { car, remark }))
        .await?;
    assert_eq!(notes(conn, 5).await?.len(), 2);
    let moved = procedures::move_booking(conn, 5, 6).await?;
    assert_eq!((moved.target, moved.moved, moved.remark), (Some(6), Some(2), None));
    let moved = procedures::move_booking_named(conn, 6, 0).await?;
    assert_eq!((moved.target, moved.moved), (None, Some(2)));
    procedures::move_booking_exec(conn, 0, 5).await?;
    assert_eq!(procedures::move_booking_many(conn, 5, 6).await?[0].moved, Some(2));
    assert_eq!(procedures::move_booking_opt(conn, 5, 6).await?.and_then(|row| row.moved), Some(0));
    // What is given for an OUT argument is not looked at.
    let params = MoveBookingOutParams { car: 6, target: 7, moved: 100, remark: "ignored" };
    let moved = procedures::move_booking_out(conn, params).await?;
    assert_eq!((moved.moved, moved.remark), (Some(2), None));
    procedures::note_number(conn, 10).await?;
    procedures::note_word(conn, "word").await?;
    procedures::note_word_of_car(conn, 10, "word").await?;
    assert_eq!(notes(conn, 10).await?, [text("number"), text("word")]);
    procedures::note_each(conn, "each", 20, 21).await?;
    procedures::note_list(conn, "list", &[20, 22]).await?;
    assert_eq!(notes(conn, 20).await?, [text("each"), text("list")]);
    let echoed = procedures::echo(conn, &["a", "b"]).await?;
    assert_eq!(echoed.map(|list| list.iter().flatten().cloned().collect()), Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(procedures::unnamed(conn, 1, "a").await?, text("a1"));
    Ok(())
}

async fn utilities(conn: &Connection) -> Result<(), bindery::Error> {
    utilities::do_nothing(conn).await?;
    utilities::do_commit(conn).await?;
    utilities::do_raise(conn).await?;
    utilities::refresh(conn).await?;
    utilities::refresh_concurrently(conn).await?;
    utilities::listen(conn).await?;
    utilities::notify(conn).await?;
    utilities::unlisten(conn).await?;
    utilities::analyze(conn).await?;
    utilities::vacuum(conn).await?;
    utilities::clear(conn).await?;
    let error = utilities::do_raise(conn).await.err();
    assert_eq!(error.and_then(|error| error.sqlstate().map(|code| code.code().to_owned())), text("P0001"));
    Ok(())
}

/// A procedure can commit if no transaction is open around the CALL.
async fn commits(client: &DatabaseClient) -> Result<(), bindery::Error> {
    let calls = ProcedureQueries::new(client.clone());
    calls.book_in_steps(30, 32).await?;
    assert_eq!(calls.commit_and_tell(30, 1).await?, Some(2));
    calls.commit_nothing().await?;
    let refused = client.transaction(async |tx| procedures::book_in_steps(tx, 33, 34).await).await;
    let code = refused.err().and_then(|error| error.sqlstate().map(|code| code.code().to_owned()));
    assert_eq!(code, text("2D000"), "invalid transaction termination");
    let conn = client.connection().await?;
    assert_eq!(notes(&conn, 30).await?, [text("in steps"), text("told")]);
    assert!(notes(&conn, 33).await?.is_empty());
    // Without one that commits, a CALL is part of the transaction.
    client
        .transaction(async |tx| {
            utilities::lock(tx).await?;
            procedures::book(tx, 40, "in a transaction").await
        })
        .await?;
    assert_eq!(notes(&conn, 40).await?.len(), 1);
    Ok(())
}
