//! Embedded rows, slices and shared rows, on data where outer joins find nothing.

#![deny(warnings, missing_docs)]

use bindery::{Config, DatabaseClient};
use db::{Car, CarRecord, CarSummary, LabelRecord, Note, Owner, Plate, cars, shared};

/// What Bindery made.
pub mod db;

fn owner(id: i32) -> Owner {
    match id {
        1 => Owner { id, name: "Ada".into(), email: Some("ada@example.com".into()) },
        _ => Owner { id, name: "Bo".into(), email: None },
    }
}

fn migrated() -> bindery_postgres::Database {
    let database = bindery_postgres::Server::start().unwrap().create_database().unwrap();
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/1_cars.sql")).unwrap();
    let migration = bindery_migrate::parse("1_cars.sql", &text).unwrap();
    bindery_migrate::apply(&mut database.connect().unwrap(), &[migration]).unwrap();
    database
}

/// Stands for a column of an embedded row.
#[derive(Clone)]
pub struct Code(String);

impl TryFrom<String> for Code {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() { Err("empty".into()) } else { Ok(Self(text)) }
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.0
    }
}

fn ids_of(cars: bindery::Array<Car>) -> Vec<i32> {
    cars.iter().map(|car| car.id).collect()
}

#[tokio::main]
async fn main() {
    let database = tokio::task::spawn_blocking(migrated).await.unwrap();
    let client = DatabaseClient::create(Config::from_url(database.url()).unwrap()).await.unwrap();
    let conn = client.connection().await.unwrap();

    let rows = cars::inner(&conn).await.unwrap();
    let found: Vec<_> = rows.iter().map(|row| (row.number, row.car.id, row.owner.id, row.plate.as_str())).collect();
    assert_eq!(found, [(10, 1, 1, "KA 1"), (30, 3, 1, "KA 3")]);
    assert_eq!((&rows[0].owner, rows[1].car.tags.len()), (&owner(1), 2));

    let rows = cars::left_join(&conn).await.unwrap();
    let owners: Vec<Option<Owner>> = rows.into_iter().map(|row| row.owner).collect();
    assert_eq!(owners, [Some(owner(1)), None, Some(owner(1))]);
    assert_eq!(cars::only_if_there(&conn).await.unwrap(), owners);

    let rows = cars::full_join(&conn).await.unwrap();
    let ids = |row: cars::FullJoinRow| (row.car.map(|car| car.id), row.owner.map(|owner| owner.id));
    let found: Vec<_> = rows.into_iter().map(ids).collect();
    assert_eq!(found, [(Some(1), Some(1)), (Some(2), None), (Some(3), Some(1)), (None, Some(2))]);

    let rows = cars::self_join(&conn).await.unwrap();
    let found: Vec<_> = rows.into_iter().map(|row| (row.car.id, row.car_2.map(|car| car.plate))).collect();
    assert_eq!(found, [(1, None), (2, Some("KA 1".into())), (3, Some("KA 1".into()))]);

    let rows = cars::proven(&conn).await.unwrap();
    assert!(rows.iter().all(|row| row.owner == owner(1)) && rows.len() == 2);

    let car: Car = cars::only(&conn, 3).await.unwrap();
    assert_eq!((car.towed_by, car.plate.as_str()), (Some(1), "KA 3"));
    assert!(cars::only(&conn, 9).await.unwrap_err().is_no_rows());

    let rows = cars::without_not_null(&conn).await.unwrap();
    let notes: Vec<Option<Note>> = rows.into_iter().map(|row| row.note).collect();
    let note = |car, text: Option<&str>| Some(Note { car_id: Some(car), text: text.map(str::to_owned) });
    assert_eq!(notes, [note(1, Some("dented")), None, note(3, None)]);

    let rows = cars::of_a_view(&conn).await.unwrap();
    assert_eq!((rows[0].owned.plate.as_str(), rows[0].fleet_owner.city.as_str()), ("KA 3", "Bern"));

    let rows = cars::distinct(&conn).await.unwrap();
    assert_eq!((rows.len(), &rows[0].owner, rows[0].name.as_str()), (1, &owner(1), "Ada"));

    let rows = cars::grouped(&conn).await.unwrap();
    let found: Vec<_> = rows.into_iter().map(|row| (row.owner, row.cars)).collect();
    assert_eq!(found, [(owner(1), 2), (owner(2), 0)]);

    let rows = cars::union(&conn).await.unwrap();
    let found: Vec<_> = rows.into_iter().map(|row| (row.owner, row.side)).collect();
    let [left, right] = ["left", "right"].map(|side| Some(side.to_owned()));
    let expected = [
        (Some(owner(1)), left.clone()),
        (None, left),
        (Some(owner(1)), right.clone()),
        (Some(owner(2)), right),
    ];
    assert_eq!(found.into_iter().map(|(o, s)| (o, Some(s))).collect::<Vec<_>>(), expected);

    let rows = cars::of_a_subquery(&conn).await.unwrap();
    let found: Vec<_> = rows.into_iter().map(|row| (row.id, row.owner)).collect();
    assert_eq!(found, [(1, Some(owner(1))), (2, None), (3, Some(owner(1)))]);

    let row = cars::find(&conn, 2).await.unwrap().unwrap();
    assert_eq!((row.car.id, row.owner), (2, None));
    assert!(cars::find(&conn, 9).await.unwrap().is_none());

    let mut stream = cars::export(&conn).await.unwrap();
    let mut found = Vec::new();
    while let Some(row) = stream.next().await {
        let row = row.unwrap();
        found.push((row.car.id, row.owner));
    }
    assert_eq!(found, [(1, Some(owner(1))), (2, None), (3, Some(owner(1)))]);
    drop(stream);

    let rows = cars::find_each(&conn, [3, 2]).await.unwrap();
    assert_eq!(rows.into_iter().map(|row| row.owner).collect::<Vec<_>>(), [Some(owner(1)), None]);

    let rows = cars::overruled(&conn).await.unwrap();
    assert_eq!((rows.len(), rows[0].owner_id, &rows[0].owner), (2, 1, &owner(1)));

    let rows = cars::with_asterisk(&conn).await.unwrap();
    assert_eq!((rows[1].owner.clone(), rows[1].id, rows[1].email.clone()), (owner(2), 2, None));

    assert_eq!(cars::in_slice(&conn, &[3, 1, 9]).await.unwrap(), [1, 3]);
    assert_eq!(cars::in_slice(&conn, &[]).await.unwrap(), [0; 0]);
    let none: [&str; 0] = [];
    assert_eq!(cars::not_in_slice(&conn, &none, &[1, 2]).await.unwrap(), [1, 2]);
    assert_eq!(cars::not_in_slice(&conn, &["KA 1"], &[1, 2]).await.unwrap(), [2]);
    assert_eq!(cars::tag(&conn, "new", &[1, 2]).await.unwrap(), 2);

    let row = cars::update(&conn, "KA 9", 1).await.unwrap();
    assert_eq!((row.car.plate.as_str(), row.owner), ("KA 9", owner(1)));

    let all: Vec<CarSummary> = shared::list_summaries(&conn).await.unwrap();
    let one: Option<CarSummary> = shared::find_summary(&conn, 2).await.unwrap();
    assert_eq!(one.as_ref(), Some(&all[1]));
    assert_eq!(all[0], CarSummary { id: 1, plate: "KA 9".into(), owner: Some(owner(1)) });
    let backwards = shared::backwards(&conn).await.unwrap();
    assert_eq!(backwards.into_iter().map(Owner::from).collect::<Vec<_>>(), [owner(1), owner(2)]);
    let plates: Vec<Plate> = shared::list_plates(&conn).await.unwrap();
    assert_eq!(plates[1].plate, "KA 2");

    let rows = cars::union_of_renamed(&conn).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.owner.id).collect::<Vec<_>>(), [1, 2, 1, 2]);
    let rows = cars::unfiltered(&conn).await.unwrap();
    assert_eq!(rows[1].cars[..], [None::<Car>]);

    let rows = cars::of_types_of_ones_own(&conn).await.unwrap();
    assert_eq!(rows[0].label.as_ref().map(|label| label.code.0.as_str()), Some("ok"));
    // Not all of the struct can be read out of a value.
    assert_eq!(rows[0].value.as_ref().and_then(|label: &LabelRecord| label.car_id), Some(1));
    assert!(rows[1].label.is_none() && rows[1].value.is_none());

    let rows = cars::renamed(&conn).await.unwrap();
    assert_eq!((rows.len(), &rows[0].owner, rows[0].note.text.as_deref()), (1, &owner(1), Some("dented")));

    let rows = shared::cars_of_owners(&conn).await.unwrap();
    let found: Vec<_> = rows.into_iter().map(|row| (row.owner, row.cars.map(ids_of))).collect();
    assert_eq!(found, [(owner(1), Some(vec![1, 3])), (owner(2), None)]);
    let row = shared::owner_with_cars(&conn, 1).await.unwrap().unwrap();
    assert_eq!((row.owner, ids_of(row.cars), row.note), (owner(1), vec![1, 3], note(1, Some("dented"))));
    let row = shared::owner_with_cars(&conn, 2).await.unwrap().unwrap();
    assert_eq!((ids_of(row.cars), row.note), (vec![], None));
    let rows = shared::lateral(&conn).await.unwrap();
    let found: Vec<_> = rows.into_iter().map(|row| (ids_of(row.cars), row.first.map(|car: Car| car.id))).collect();
    assert_eq!(found, [(vec![1, 3], Some(1)), (vec![], None)]);
    let rows = shared::by_json(&conn).await.unwrap();
    let ids: Vec<Vec<i32>> = rows.into_iter().map(|row| row.cars.iter().map(|car| car.id).collect()).collect();
    assert_eq!(ids, [vec![1, 3], vec![]]);
    // A value of the row type that is no row of the table.
    let cars: bindery::Array<CarRecord> = shared::any_value(&conn).await.unwrap();
    assert!(cars[0].id.is_none());

    // A program that runs already goes on when its tables get columns.
    let more = "ALTER TABLE owners ADD score int NOT NULL DEFAULT 1; ALTER TABLE cars ADD score int";
    client.connection().await.unwrap().batch_execute(more).await.unwrap();
    let conn = DatabaseClient::create(Config::from_url(database.url()).unwrap()).await.unwrap().connection().await.unwrap();
    assert_eq!(cars::left_join(&conn).await.unwrap().len(), 3);
    assert_eq!(cars::union(&conn).await.unwrap().len(), 4);
    assert_eq!(cars::only(&conn, 3).await.unwrap().id, 3);

    println!("all rows are as they should be");
}
