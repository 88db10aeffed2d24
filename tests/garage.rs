//! Garage on temporary databases: a server for all tests, a copy of the migrated database for each.

#![allow(clippy::unwrap_used)]

use std::sync::OnceLock;

use bindery::chrono::{TimeDelta, Utc};
use bindery::{Config, DatabaseClient, Error, Numeric};
use bindery_postgres::{Database, NoTls, Server};
use garage::billing::{self, Return};
use garage::booking::{self, Refusal, Wish};
use garage::db::bookings::InsertTariffParams;
use garage::db::cars::{
    BrowseCarsFreeFilter, BrowseCarsOrder, BrowseCarsParams, InsertCarParams, UpsertModelParams,
};
use garage::db::fleets::{LoadStationsParams, RelocateCarsParams, UpsertModelsParams};
use garage::db::owners::ListOwnersRow;
use garage::db::payments::UpsertVoucherParams;
use garage::db::{
    BookingQueries, BookingStatus, Car, CarQueries, CarStatus, FleetQueries, Fuel, MemberQueries, Owner,
    OwnerQueries, Owners, PaymentQueries, QUERIES, ReportQueries, Station, StationQueries, TripQueries, cars,
    fleets, owners,
};
use garage::fleet::Fleet;
use garage::scenario;

/// A database of its own with a client; the client goes first.
struct Garage {
    client: DatabaseClient,
    database: Database,
}

/// Migrated once; nobody stays connected to it, so that it can be copied.
fn template() -> &'static Database {
    static TEMPLATE: OnceLock<Database> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let database = Server::start().unwrap().create_database().unwrap();
        let migrations =
            bindery_migrate::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
        bindery_migrate::up(&mut database.connect().unwrap(), &migrations).unwrap();
        database
    })
}

impl Garage {
    async fn open() -> Self {
        let copy = || template().server().create_database_from(template()).unwrap();
        let database = tokio::task::spawn_blocking(copy).await.unwrap();
        let client = DatabaseClient::create(Config::from_url(database.url()).unwrap()).await.unwrap();
        Self { client, database }
    }

    /// With a station, a car in it, and a tariff.
    async fn with_car() -> (Self, Station, Car, i64) {
        let garage = Self::open().await;
        let fleet = Fleet::new(&garage.client);
        let station = fleet.open_station("Berlin", "Zoo", 2).await.unwrap();
        let car = fleet.take_in("Ada", "B-AB1", &station).await.unwrap();
        let (per_hour, per_km) = (Numeric::from(4), Numeric::from(1));
        let tariff = InsertTariffParams {
            name: "City",
            per_hour: &per_hour,
            per_km: &per_km,
            free_km: 0,
            shortest: bindery::Interval::hours(1),
        };
        let tariff = BookingQueries::new(garage.client.clone()).insert_tariff(tariff).await.unwrap();
        (garage, station, car, tariff.id)
    }

    async fn wish<'w>(&self, name: &str, plate: &'w str, tariff_id: i64) -> Wish<'w> {
        let member = scenario::sign_up(&self.client, name).await.unwrap();
        let starts_at = Utc::now() + TimeDelta::hours(1);
        let ends_at = starts_at + TimeDelta::hours(2);
        Wish { plate, member_id: member.id, tariff_id, starts_at, ends_at }
    }
}

#[tokio::test]
async fn the_day_of_the_example_ends_well() {
    let garage = Garage::open().await;
    let story = scenario::play(&garage.client).await.unwrap();
    assert!(story.contains("Linus Example did not get it: the car is taken"), "{story}");
    assert!(story.contains("owes 14.88"), "{story}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_book_at_once_one_gets_the_car() {
    let (garage, _, _, tariff) = Garage::with_car().await;
    let mut tasks = Vec::new();
    for name in ["Grace", "Linus", "Edsger", "Barbara"] {
        let (client, wish) = (garage.client.clone(), garage.wish(name, "B-AB1", tariff).await);
        tasks.push(tokio::spawn(async move { booking::book(&client, wish).await }));
    }
    let mut booked = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(booking) => {
                assert_eq!(booking.status, BookingStatus::Reserved);
                booked += 1;
            }
            Err(refusal) => assert!(matches!(refusal, Refusal::Taken), "{refusal}"),
        }
    }
    assert_eq!(booked, 1);
}

#[tokio::test]
async fn only_cars_and_drivers_that_exist_are_booked() {
    let (garage, _, car, tariff) = Garage::with_car().await;
    let wish = garage.wish("Grace", "B-AB1", tariff).await;
    let unknown = Wish { plate: "B-NO1", ..wish };
    assert!(matches!(booking::book(&garage.client, unknown).await, Err(Refusal::NoSuchCar)));
    let nobody = Wish { member_id: bindery::uuid::Uuid::nil(), ..wish };
    assert!(matches!(booking::book(&garage.client, nobody).await, Err(Refusal::NotADriver)));
    let cars = CarQueries::new(garage.client.clone());
    assert_eq!(cars.send_to_maintenance(&[car.id]).await.unwrap().len(), 1);
    assert!(matches!(booking::book(&garage.client, wish).await, Err(Refusal::NoSuchCar)));
    let history = cars.car_history(car.id).await.unwrap();
    assert_eq!(
        (history[0].old_status, history[0].new_status),
        (CarStatus::InService, CarStatus::Maintenance)
    );
    assert_eq!((&history[0].detail.odometer_km, history[0].since_last), (&car.odometer_km, None));
}

#[tokio::test]
async fn an_error_undoes_the_whole_transaction() {
    let garage = Garage::open().await;
    let today = Utc::now().date_naive();
    let outcome: Result<(), Error> = garage
        .client
        .transaction(async |tx| {
            owners::insert_owner(tx, "Ada", "ada@example.org", today).await?;
            owners::insert_owner(tx, "Ada again", "ada@example.org", today).await?;
            Ok(())
        })
        .await;
    let error = outcome.unwrap_err();
    assert!(error.is_unique_violation());
    assert_eq!((error.query(), error.constraint()), (Some("InsertOwner"), Some("owners_email_key")));
    assert_eq!(OwnerQueries::new(garage.client.clone()).list_owners().await.unwrap(), []);
}

#[tokio::test]
async fn a_voucher_that_is_used_up_does_not_stop_the_bill() {
    let (garage, station, car, tariff) = Garage::with_car().await;
    let payments = PaymentQueries::new(garage.client.clone());
    let credit = Numeric::from(3);
    let voucher = UpsertVoucherParams { code: "ONCE", credit: &credit, uses: 1, valid_until: None };
    payments.upsert_voucher(voucher).await.unwrap();
    let mut amounts = Vec::new();
    for (name, km) in [("Grace", 10), ("Linus", 20)] {
        let wish = garage.wish(name, &car.plate, tariff).await;
        let booked = booking::book(&garage.client, wish).await.unwrap();
        let trips = TripQueries::new(garage.client.clone());
        assert!(trips.start_trip(booked.id, wish.starts_at).await.unwrap().is_some());
        let end = Return {
            booking_id: booked.id,
            ended_at: wish.ends_at,
            end_km: car.odometer_km + km,
            station_id: station.id,
            voucher: Some("ONCE"),
        };
        amounts.push(billing::settle(&garage.client, end).await.unwrap().unwrap().amount.to_string());
        assert_eq!(billing::settle(&garage.client, end).await.unwrap(), None);
    }
    // Two hours and ten kilometres less the voucher; then ten more kilometres since the first return.
    assert_eq!(amounts, ["15.00", "18.00"]);
}

#[tokio::test]
async fn reports_answer_on_an_empty_database() {
    let garage = Garage::open().await;
    let reports = ReportQueries::new(garage.client.clone());
    let fleet = reports.fleet_size().await.unwrap();
    assert_eq!((fleet.in_service, fleet.cars), (0, 0));
    assert_eq!(reports.car_ranking().await.unwrap(), []);
    assert_eq!(reports.revenue_by_method().await.unwrap(), []);
    assert_eq!(reports.owner_earnings(1).await.unwrap(), []);
    let today = Utc::now().date_naive();
    let days = reports.daily_trips(today, today + TimeDelta::days(6)).await.unwrap();
    assert_eq!(days.len(), 7);
    assert!(days.iter().all(|day| day.trips == 0 && day.km.is_none()));
    assert_eq!(MemberQueries::new(garage.client.clone()).count_members().await.unwrap(), []);
    assert_eq!(StationQueries::new(garage.client.clone()).list_stations_below(1).await.unwrap(), []);
}

#[tokio::test]
async fn what_was_noted_about_a_car_comes_back() {
    let (garage, station, car, _) = Garage::with_car().await;
    let cars = CarQueries::new(garage.client.clone());
    let first = bindery::serde_json::json!({"colour": "blue"});
    let second = bindery::serde_json::json!({"roof": [1, 2, null]});
    cars.merge_extras(&first, car.id).await.unwrap();
    let both = cars.merge_extras(&second, car.id).await.unwrap().unwrap();
    assert_eq!(both, bindery::serde_json::json!({"colour": "blue", "roof": [1, 2, null]}));
    assert_eq!(car.features, ["towbar"]);
    let parked = cars.list_cars_at_station(station.id).await.unwrap();
    assert_eq!((parked[0].plate.as_str(), parked[0].parked_at), ("B-AB1", None));
    let listed = cars.list_cars_by_status(&[CarStatus::InService, CarStatus::Retired]).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(cars.list_cars_by_plate(&["B-AB1", "B-XX9"]).await.unwrap().len(), 1);
    assert_eq!(cars.find_car("nothing").await.unwrap(), None);
}

#[tokio::test]
async fn an_element_that_is_null_against_what_is_said_is_an_error() {
    let (garage, station, ..) = Garage::with_car().await;
    let stations = StationQueries::new(garage.client.clone());
    let listed = stations.list_stations_below(station.region_id).await.unwrap();
    assert_eq!(listed[0].amenities, ["charger", "covered"]);
    let config = garage.database.config();
    let spoil =
        move || config.connect(NoTls).unwrap().batch_execute("UPDATE stations SET amenities = '{NULL}'");
    tokio::task::spawn_blocking(spoil).await.unwrap().unwrap();
    let error = stations.list_stations_below(station.region_id).await.unwrap_err().to_string();
    for part in ["ListStationsBelow", "queries/stations.sql", "amenities", "NULL"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[tokio::test]
async fn connection_functions_serve_outside_of_transactions_too() {
    let (garage, _, car, _) = Garage::with_car().await;
    let conn = garage.client.connection().await.unwrap();
    assert_eq!(cars::find_car(&conn, &car.plate).await.unwrap(), Some(car));
}

#[tokio::test]
async fn a_database_that_somebody_else_has_changed_is_told() {
    let garage = Garage::open().await;
    let drifts = garage.client.verify(&QUERIES).await.unwrap();
    assert!(drifts.is_empty(), "{drifts}");
    let sql = "ALTER TABLE cars ALTER odometer_km DROP NOT NULL; ALTER TYPE fuel ADD VALUE 'hydrogen'";
    let url = garage.database.url().to_owned();
    let alter = move || url.parse::<bindery_postgres::Config>()?.connect(NoTls)?.batch_execute(sql);
    tokio::task::spawn_blocking(alter).await.unwrap().unwrap();
    let drifts = garage.client.verify(&QUERIES).await.unwrap();
    let told: Vec<String> = drifts.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "table `public.cars`: column `odometer_km` is no longer NOT NULL",
            "enum `public.fuel`: label `hydrogen` is new",
        ]
    );
}

#[tokio::test]
async fn a_fleet_is_taken_over_in_whole_sets() {
    let (garage, zoo, car, _) = Garage::with_car().await;
    let fleets = FleetQueries::new(garage.client.clone());
    let names: Vec<String> = (0..5000).map(|number| format!("Station {number}")).collect();
    let stations = names.iter().map(|name| LoadStationsParams {
        region_id: zoo.region_id,
        name,
        latitude: 52.5,
        longitude: 13.4,
        bays: 2,
    });
    assert_eq!(fleets.load_stations(stations).await.unwrap(), 5000);
    let found = fleets.find_stations(["Zoo", "Nowhere", "Station 4999"]).await.unwrap();
    assert_eq!((found[0], found[1], found[2].is_some()), (Some(zoo.id), None, true));

    let model = |seats| UpsertModelsParams { make: "Fjord", name: "Mini", fuel: Fuel::Electric, seats };
    let ids = fleets.upsert_models([model(2), model(4)]).await.unwrap();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    let error = fleets.upsert_models([model(2), model(10)]).await.unwrap_err();
    assert!(error.is_check_violation() && error.batch_index() == Some(1), "{error}");

    let other = Fleet::new(&garage.client).take_in("Konrad", "B-AB2", &zoo).await.unwrap();
    let moves = [RelocateCarsParams { station_id: found[2], id: other.id }];
    assert_eq!(fleets.relocate_cars(moves).await.unwrap(), 1);
    let plates = fleets.list_plates([found[2].unwrap(), 0, zoo.id]).await.unwrap();
    assert_eq!(plates, [vec!["B-AB2".to_owned()], vec![], vec!["B-AB1".to_owned()]]);

    let mut cars = fleets.export_cars(None).await.unwrap();
    assert_eq!(cars.next().await.unwrap().unwrap(), car);
    assert_eq!(cars.next().await.unwrap().unwrap().plate, "B-AB2");
    assert!(cars.next().await.is_none());
    let conn = garage.client.connection().await.unwrap();
    let mut cars = fleets::export_cars(&conn, Some(other.owner_id)).await.unwrap();
    let row = cars.next_row().await.unwrap().unwrap();
    assert_eq!(row.get::<i64>(0).unwrap(), other.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn sets_of_rows_run_in_tasks() {
    let (garage, zoo, ..) = Garage::with_car().await;
    let client = garage.client.clone();
    let work = async move {
        let names: Vec<String> = (0..10).map(|number| format!("Station {number}")).collect();
        let fleets = FleetQueries::new(client.clone());
        let station = |name| LoadStationsParams {
            region_id: zoo.region_id,
            name,
            latitude: 52.5,
            longitude: 13.4,
            bays: 2,
        };
        fleets.load_stations(names[..5].iter().map(|name| station(name))).await?;
        let rows = names[5..].iter().map(|name| Ok::<_, Error>(station(name)));
        fleets.load_stations_stream(futures_util::stream::iter(rows)).await?;
        let tx = client.begin().await?;
        let found = fleets::find_stations(&tx, names.iter().map(String::as_str)).await?;
        let mut cars = fleets::export_cars(&tx, None).await?;
        while let Some(car) = cars.next().await {
            car?;
        }
        Ok::<_, Error>(found.iter().flatten().count())
    };
    assert_eq!(tokio::spawn(work).await.unwrap().unwrap(), 10);
}

/// Pays an owner out if it is known where to.
async fn can_be_paid(owners: &impl Owners, id: i64) -> Result<bool, Error> {
    Ok(owners.find_owner(id).await?.is_some_and(|owner| owner.iban.is_some()))
}

/// One owner, and no database.
struct OneOwner(Owner);

impl Owners for OneOwner {
    async fn find_owner(&self, id: i64) -> Result<Option<Owner>, Error> {
        Ok((id == self.0.id).then(|| self.0.clone()))
    }

    async fn insert_owner(&self, _: &str, _: &str, _: bindery::chrono::NaiveDate) -> Result<Owner, Error> {
        unimplemented!("not asked for here")
    }

    async fn set_iban(&self, _: Option<&str>, _: i64) -> Result<u64, Error> {
        unimplemented!("not asked for here")
    }

    async fn set_share(&self, _: &Numeric, _: i64) -> Result<(), Error> {
        unimplemented!("not asked for here")
    }

    async fn list_owners(&self) -> Result<Vec<ListOwnersRow>, Error> {
        unimplemented!("not asked for here")
    }
}

#[tokio::test]
async fn a_fake_stands_in_for_the_queries() {
    let (garage, _, car, _) = Garage::with_car().await;
    let owners = OwnerQueries::new(garage.client.clone());
    let owner = owners.find_owner(car.owner_id).await.unwrap().unwrap();
    let fake = OneOwner(Owner { iban: Some("DE02".to_owned()), ..owner });
    assert!(can_be_paid(&fake, car.owner_id).await.unwrap());
    assert!(!can_be_paid(&owners, car.owner_id).await.unwrap());
    // What calls it can run in a task.
    let task = tokio::spawn(async move { can_be_paid(&owners, car.owner_id).await });
    assert!(!task.await.unwrap().unwrap());
}

#[tokio::test]
async fn every_filter_that_is_set_narrows_the_list_of_cars() {
    let (garage, zoo, electric, tariff_id) = Garage::with_car().await;
    let cars = CarQueries::new(garage.client.clone());
    let model = UpsertModelParams { make: "Fjord", name: "Mini", fuel: Fuel::Petrol, seats: 2 };
    let model_id = cars.upsert_model(model).await.unwrap();
    let petrol = InsertCarParams {
        owner_id: electric.owner_id,
        model_id,
        station_id: None,
        plate: "A-AA1",
        odometer_km: 0,
        features: &[],
        extras: None,
    };
    cars.insert_car(petrol).await.unwrap();
    let wish = garage.wish("Grace", "B-AB1", tariff_id).await;
    let free = Some(BrowseCarsFreeFilter { starts_at: wish.starts_at, ends_at: wish.ends_at });
    booking::book(&garage.client, wish).await.unwrap();

    let list = async |params| {
        let found = cars.browse_cars(params).await.unwrap();
        found.into_iter().map(|car| car.plate).collect::<Vec<_>>()
    };
    let all = BrowseCarsParams::new(10);
    assert_eq!(list(all).await, ["A-AA1", "B-AB1"]);
    assert_eq!(list(BrowseCarsParams { order: BrowseCarsOrder::BestRated, ..all }).await, ["A-AA1", "B-AB1"]);
    assert_eq!(list(BrowseCarsParams::new(1)).await, ["A-AA1"]);
    assert_eq!(list(BrowseCarsParams { fuel: Some(Fuel::Electric), ..all }).await, ["B-AB1"]);
    assert_eq!(list(BrowseCarsParams { seats: Some(3), ..all }).await, ["B-AB1"]);
    assert_eq!(list(BrowseCarsParams { station_id: Some(zoo.id), ..all }).await, ["B-AB1"]);
    assert_eq!(list(BrowseCarsParams { free, ..all }).await, ["A-AA1"]);
    assert_eq!(list(BrowseCarsParams { free, seats: Some(3), ..all }).await, [""; 0]);
}
