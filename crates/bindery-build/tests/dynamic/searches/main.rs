//! Runs queries with random choices over random data: each has the rows that a filter in Rust has.

#![deny(warnings, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use bindery::serde_json::{Value, json};
use bindery::{Config, Connection, DatabaseClient};
use db::cars::{self, *};
use db::{CarQueries, CarStatus};

/// What the build script made.
pub mod db {
    bindery::include_queries!();
}

const CARS: u64 = 200;
const SEARCHES: usize = 600;
const COLOURS: [Option<&str>; 4] = [None, Some("red"), Some("blue"), Some("")];
const TAGS: [&str; 5] = ["hybrid", "roof box", "child seat", "bike rack", "'"];
const STATUSES: [CarStatus; 3] = [CarStatus::InService, CarStatus::Maintenance, CarStatus::Retired];

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Numbers from a seed that is printed.
struct Random(u64);

impl Random {
    /// From the clock, or `BINDERY_SEED`.
    fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let given = std::env::var("BINDERY_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or(now.as_secs() ^ u64::from(now.subsec_nanos()));
        println!("BINDERY_SEED={seed}");
        Self(seed)
    }

    /// SplitMix64.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn one_of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u64) as usize].clone()
    }

    fn some_of<T: Clone>(&mut self, values: &[T]) -> Vec<T> {
        values.iter().filter(|_| self.below(2) == 0).cloned().collect()
    }

    fn maybe<T>(&mut self, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(2) == 0).then(|| value(self))
    }
}

/// A type of the package's own.
#[derive(Clone, Debug)]
pub enum Colour {
    /// `red`
    Red,
    /// Any other.
    Other(String),
}

impl TryFrom<String> for Colour {
    type Error = std::convert::Infallible;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Ok(if text == "red" { Self::Red } else { Self::Other(text) })
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        match colour {
            Colour::Red => "red".to_owned(),
            Colour::Other(text) => text,
        }
    }
}

/// A car as Rust knows it.
#[derive(Clone, Debug)]
struct Car {
    id: i64,
    plate: String,
    status: CarStatus,
    seats: i32,
    colour: Option<String>,
    settings: Value,
    tags: Vec<&'static str>,
}

/// A row of the optional side may be missing in one of the statements, and is optional in all.
async fn tagged(conn: &Connection, fleet: &[Car]) -> Outcome {
    let ids: Vec<i64> = fleet.iter().map(|car| car.id).collect();
    let params = db::cars::TaggedCarsParams::new(&ids);
    let all = db::cars::tagged_cars(conn, params).await?;
    assert!(all.len() >= fleet.len() && all.iter().any(|row| row.car_tag.is_none()), "{all:?}");
    let some = db::cars::tagged_cars(conn, db::cars::TaggedCarsParams { tag: Some("winter"), ..params }).await?;
    let tags = some.iter().map(|row| row.car_tag.as_ref().map(|tag| tag.tag.as_str()));
    assert!(tags.into_iter().all(|tag| tag == Some("winter")), "{some:?}");
    Ok(())
}

#[tokio::main]
async fn main() -> Outcome {
    let created = || bindery_postgres::Server::start()?.create_database();
    let database = tokio::task::spawn_blocking(created).await??;
    let client = DatabaseClient::create(Config::from_url(database.url())?).await?;
    client.migrate(&db::MIGRATIONS).await?;
    // Every statement is there, and is what it was when the code was generated.
    assert_eq!(db::QUERIES.queries.len(), 48 + 8 + 4 + 2 + 8 + 4 + 2 + 3 + 8 + 32 + 64 + 2 + 2 + 2);
    let drifts = client.verify(&db::QUERIES).await?;
    assert!(drifts.is_empty(), "{drifts}");

    let conn = client.connection().await?;
    let mut random = Random::new();
    let mut fleet = Vec::new();
    for number in 0..CARS {
        let car = random_car(number, &mut random);
        let id = insert(&conn, &car).await?;
        fleet.push(Car { id, ..car });
    }
    let mut seen = BTreeSet::new();
    for _ in 0..SEARCHES {
        seen.insert(search(&conn, &fleet, &mut random).await?);
        find(&conn, &fleet, &mut random).await?;
        count(&conn, &fleet, &mut random).await?;
        change(&conn, &mut fleet, &mut random).await?;
    }
    // The chance that 600 choices miss one of 48 is about 1 in 6,000.
    println!("{} of 48 statements of SearchCars ran", seen.len());
    tagged(&conn, &fleet).await?;
    colours(&conn).await?;
    stream(&client, &fleet, &mut random).await?;
    order(&conn, &fleet).await?;
    repaint(&conn, &fleet).await?;
    delete(&conn, &fleet, &mut random).await
}

fn random_car(number: u64, random: &mut Random) -> Car {
    Car {
        id: 0,
        plate: format!("{}-{number}", random.one_of(&["KA", "B", "M", "ka"])),
        status: random.one_of(&STATUSES),
        seats: 1 + random.below(8) as i32,
        colour: random.one_of(&COLOURS).map(str::to_owned),
        settings: json!({}),
        tags: random.some_of(&TAGS),
    }
}

async fn insert(conn: &Connection, car: &Car) -> Result<i64, bindery::Error> {
    let Car { plate, status, seats, colour, tags, .. } = car;
    insert_car(
        conn,
        InsertCarParams { plate, status: *status, seats: *seats, colour: colour.as_deref(), tags },
    )
    .await
}

/// Which of the statements it was.
async fn search(conn: &Connection, fleet: &[Car], random: &mut Random) -> Result<usize, bindery::Error> {
    let tags = random.some_of(&TAGS);
    let least = random.below(9) as i32;
    let params = SearchCarsParams {
        status: random.maybe(|random| random.one_of(&STATUSES)),
        unpainted: random.below(2) == 0,
        seats: random.maybe(|random| SearchCarsSeatsFilter { least, most: least + random.below(4) as i32 }),
        tags: random.maybe(|_| &tags[..]),
        order: random.one_of(&[SearchCarsOrder::Oldest, SearchCarsOrder::Plate, SearchCarsOrder::Nearest]),
        ..SearchCarsParams::new(
            random.one_of(fleet).id,
            random.one_of(&[0, 1, 5, 1_000]),
            random.below(9) as i32,
        )
    };
    let mut expected: Vec<&Car> = fleet
        .iter()
        .filter(|car| car.id != params.not_id)
        .filter(|car| params.status.is_none_or(|status| car.status == status))
        .filter(|car| !params.unpainted || car.colour.is_none())
        .filter(|car| params.seats.is_none_or(|seats| seats.least <= car.seats && car.seats <= seats.most))
        .filter(|car| params.tags.is_none_or(|tags| car.tags.iter().any(|tag| tags.contains(tag))))
        .collect();
    match params.order {
        SearchCarsOrder::Oldest => expected.sort_by_key(|car| car.id),
        SearchCarsOrder::Plate => expected.sort_by(|a, b| b.plate.cmp(&a.plate)),
        SearchCarsOrder::Nearest => {
            // NULL is last.
            let colour = |car: &Car| (car.colour.is_none(), car.colour.clone());
            expected.sort_by_key(|car| ((car.seats - params.wanted).abs(), colour(car), car.id));
        }
    }
    expected.truncate(params.most_rows as usize);
    let found = search_cars(conn, params).await?;
    let shown =
        |id: i64, plate: &str, seats: i32, colour: Option<&str>| format!("{id} {plate} {seats} {colour:?}");
    let found: Vec<String> =
        found.iter().map(|row| shown(row.id, &row.plate, row.seats, row.colour.as_deref())).collect();
    let expected: Vec<String> =
        expected.iter().map(|car| shown(car.id, &car.plate, car.seats, car.colour.as_deref())).collect();
    assert_eq!(found, expected, "{params:?}");
    let given = [params.status.is_some(), params.unpainted, params.seats.is_some(), params.tags.is_some()];
    Ok(given.iter().fold(params.order as usize, |choice, given| choice * 2 + usize::from(*given)))
}

/// A column that a filter makes not NULL is nullable all the same.
async fn colours(conn: &Connection) -> Outcome {
    let all: Vec<Option<String>> = cars::colours(conn, ColoursParams::default()).await?;
    assert!(all.contains(&None), "{all:?}");
    let some = cars::colours(conn, ColoursParams { after: Some("blue") }).await?;
    assert_eq!(some, [Some("red".to_owned())]);
    Ok(())
}

async fn find(conn: &Connection, fleet: &[Car], random: &mut Random) -> Result<(), bindery::Error> {
    let (one, other) = (random.one_of(fleet), random.one_of(fleet));
    let params =
        FindCarParams { id: random.maybe(|_| one.id), plate: random.maybe(|_| other.plate.as_str()) };
    let fits = |car: &&Car| {
        params.id.is_none_or(|id| car.id == id) && params.plate.is_none_or(|plate| car.plate == plate)
    };
    let expected = fleet.iter().filter(fits).min_by_key(|car| car.id).map(|car| car.id);
    let found = find_car(conn, params).await?;
    assert_eq!(found.map(|row| row.id), expected, "{params:?}");
    Ok(())
}

async fn count(conn: &Connection, fleet: &[Car], random: &mut Random) -> Result<(), bindery::Error> {
    let status = random.maybe(|random| random.one_of(&STATUSES));
    let expected = fleet.iter().filter(|car| status.is_none_or(|status| car.status == status)).count();
    assert_eq!(count_cars(conn, CountCarsParams { status }).await?, expected as i64, "{status:?}");
    Ok(())
}

/// What is given is changed, be it to NULL, and nothing else.
async fn change(conn: &Connection, fleet: &mut [Car], random: &mut Random) -> Result<(), bindery::Error> {
    let index = random.below(CARS) as usize;
    let colour = random.maybe(|random| random.one_of(&COLOURS));
    let seats = random.maybe(|random| 1 + random.below(8) as i32);
    let key = format!("key{}", random.below(3));
    let settings = random.maybe(|random| json!({ key: random.below(5) }));
    let car = &mut fleet[index];
    let params =
        ChangeCarParams { colour, seats, settings: settings.as_ref(), ..ChangeCarParams::new(car.id) };
    change_car(conn, params).await?;
    car.colour = colour.map_or(car.colour.take(), |colour| colour.map(str::to_owned));
    car.seats = seats.unwrap_or(car.seats);
    if let (Some(Value::Object(added)), Value::Object(all)) = (settings, &mut car.settings) {
        all.extend(added);
    }
    let found = cars::car(conn, car.id).await?;
    assert_eq!((&found.colour, found.seats, &found.settings), (&car.colour, car.seats, &car.settings));
    Ok(())
}

async fn stream(client: &DatabaseClient, fleet: &[Car], random: &mut Random) -> Outcome {
    let queries = CarQueries::new(client.clone());
    for in_order in [false, true] {
        let seats = Some(1 + random.below(8) as i32);
        let other = random.maybe(|random| random.one_of(fleet).plate);
        for seats in [None, seats] {
            let fits = fleet.iter().filter(|car| seats.is_none_or(|seats| car.seats == seats));
            let fits = fits.filter(|car| other.as_ref() != Some(&car.plate));
            let mut expected: Vec<&str> = fits.map(|car| car.plate.as_str()).collect();
            let mut rows =
                queries.stream_cars(StreamCarsParams { seats, other: other.as_deref(), in_order }).await?;
            let mut found = Vec::new();
            while let Some(plate) = rows.next().await {
                found.push(plate?);
            }
            if !in_order {
                found.sort();
                expected.sort();
            }
            assert_eq!(found, expected);
        }
    }
    Ok(())
}

/// The first ordering is the default.
async fn order(conn: &Connection, fleet: &[Car]) -> Outcome {
    let by_id: Vec<i64> = fleet.iter().map(|car| car.id).collect();
    assert_eq!(list_cars(conn, ListCarsParams::default()).await?, by_id);
    let mut by_plate = fleet.to_vec();
    by_plate.sort_by(|a, b| a.plate.cmp(&b.plate));
    let by_plate: Vec<i64> = by_plate.iter().map(|car| car.id).collect();
    assert_eq!(list_cars(conn, ListCarsParams { order: ListCarsOrder::Plate }).await?, by_plate);
    Ok(())
}

/// Types of one's own are given as the others are.
async fn repaint(conn: &Connection, fleet: &[Car]) -> Outcome {
    let none = RepaintParams::new(fleet[0].id);
    let before = cars::repaint(conn, none).await?;
    let (settings, red, plate) =
        (BTreeMap::from([("km".to_owned(), 7)]), Colour::Red, Colour::Other("new".to_owned()));
    let after =
        cars::repaint(conn, RepaintParams { settings: Some(&settings), colour: Some(Some(&red)), ..none })
            .await?;
    assert_eq!((&after.settings, after.colour.as_deref()), (&json!({"km": 7}), Some("red")));
    assert_eq!((&after.plate, after.seats), (&before.plate, before.seats));
    let whole = Some(RepaintWholeFilter { plate: &plate, seats: 3 });
    let after = cars::repaint(conn, RepaintParams { colour: Some(None), whole, ..none }).await?;
    assert_eq!((after.plate.as_str(), after.seats, after.colour), ("new", 3, None));
    assert_eq!(after.settings, json!({"km": 7}));
    cars::repaint(
        conn,
        RepaintParams {
            whole: Some(RepaintWholeFilter { plate: &Colour::Other(before.plate), seats: 1 }),
            ..none
        },
    )
    .await?;
    Ok(())
}

async fn delete(conn: &Connection, fleet: &[Car], random: &mut Random) -> Outcome {
    let ids: Vec<i64> = fleet.iter().map(|car| car.id).filter(|_| random.below(2) == 0).collect();
    let params = DeleteCarsParams { status: Some(random.one_of(&STATUSES)), ids: Some(&ids) };
    let fits = |car: &&Car| car.tags.is_empty() && Some(car.status) == params.status && ids.contains(&car.id);
    assert_eq!(delete_cars(conn, params).await?, fleet.iter().filter(fits).count() as u64);
    Ok(())
}
