//! Garage on temporary databases: a copy of the migrated one for each test.

#![allow(clippy::unwrap_used)]

use bindery::chrono::{TimeDelta, Utc};
use bindery::testing::{FromTestDatabase, TestDatabase};
use bindery::{BoxError, Connection, DatabaseClient, Error, Numeric};
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
    BookingQueries, BookingStatus, Car, CarQueries, CarStatus, FleetQueries, Fuel, MIGRATIONS, MemberQueries,
    Owner, OwnerQueries, Owners, PaymentQueries, QUERIES, ReportQueries, Station, StationQueries,
    TripQueries, cars, fleets, owners,
};
use garage::fleet::Fleet;
use garage::scenario;

/// A station, a car in it, and a tariff, in a database of their own.
struct Garage {
    client: DatabaseClient,
    station: Station,
    car: Car,
    tariff: i64,
}

impl FromTestDatabase for Garage {
    async fn from_test_database(database: &TestDatabase) -> Result<Self, BoxError> {
        let client = database.client().await?;
        let fleet = Fleet::new(&client);
        let station = fleet.open_station("Berlin", "Zoo", 2).await?;
        let car = fleet.take_in("Ada", "B-AB1", &station).await?;
        let tariff = InsertTariffParams {
            name: "City",
            per_hour: &Numeric::from(4),
            per_km: &Numeric::from(1),
            free_km: 0,
            shortest: bindery::Interval::hours(1),
        };
        let tariff = BookingQueries::new(client.clone()).insert_tariff(tariff).await?.id;
        Ok(Self { client, station, car, tariff })
    }
}

impl Garage {
    async fn wish<'w>(&self, name: &str, plate: &'w str) -> Wish<'w> {
        let member = scenario::sign_up(&self.client, name).await.unwrap();
        let starts_at = Utc::now() + TimeDelta::hours(1);
        let ends_at = starts_at + TimeDelta::hours(2);
        Wish { plate, member_id: member.id, tariff_id: self.tariff, starts_at, ends_at }
    }
}

#[bindery::test]
async fn the_day_of_the_example_ends_well(client: DatabaseClient) {
    let story = scenario::play(&client).await.unwrap();
    assert!(story.contains("Linus Example did not get it: the car is taken"), "{story}");
    assert!(story.contains("owes 14.88"), "{story}");
}

#[bindery::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_book_at_once_one_gets_the_car(garage: Garage) {
    let mut tasks = Vec::new();
    for name in ["Grace", "Linus", "Edsger", "Barbara"] {
        let (client, wish) = (garage.client.clone(), garage.wish(name, "B-AB1").await);
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

#[bindery::test]
async fn only_cars_and_drivers_that_exist_are_booked(garage: Garage) {
    let wish = garage.wish("Grace", "B-AB1").await;
    let unknown = Wish { plate: "B-NO1", ..wish };
    assert!(matches!(booking::book(&garage.client, unknown).await, Err(Refusal::NoSuchCar)));
    let nobody = Wish { member_id: bindery::uuid::Uuid::nil(), ..wish };
    assert!(matches!(booking::book(&garage.client, nobody).await, Err(Refusal::NotADriver)));
    let cars = CarQueries::new(garage.client.clone());
    assert_eq!(cars.send_to_maintenance(&[garage.car.id]).await.unwrap().len(), 1);
    assert!(matches!(booking::book(&garage.client, wish).await, Err(Refusal::NoSuchCar)));
    let history = cars.car_history(garage.car.id).await.unwrap();
    assert_eq!(
        (history[0].old_status, history[0].new_status),
        (CarStatus::InService, CarStatus::Maintenance)
    );
    assert_eq!((&history[0].detail.odometer_km, history[0].since_last), (&garage.car.odometer_km, None));
}

#[bindery::test]
async fn an_error_undoes_the_whole_transaction(client: DatabaseClient) {
    let today = Utc::now().date_naive();
    let outcome: Result<(), Error> = client
        .transaction(async |tx| {
            owners::insert_owner(tx, "Ada", "ada@example.org", today).await?;
            owners::insert_owner(tx, "Ada again", "ada@example.org", today).await?;
            Ok(())
        })
        .await;
    let error = outcome.unwrap_err();
    assert!(error.is_unique_violation());
    assert_eq!((error.query(), error.constraint()), (Some("InsertOwner"), Some("owners_email_key")));
    assert_eq!(OwnerQueries::new(client.clone()).list_owners().await.unwrap(), []);
}

#[bindery::test(rollback, fixtures("owners"))]
async fn owners_are_listed_by_name(conn: &Connection) -> Result<(), Error> {
    let listed = owners::list_owners(conn).await?;
    let listed: Vec<_> = listed.iter().map(|owner| (owner.name.as_str(), owner.can_be_paid)).collect();
    assert_eq!(listed, [("Ada", false), ("Konrad", true)]);
    Ok(())
}

#[bindery::test]
async fn a_voucher_that_is_used_up_does_not_stop_the_bill(garage: Garage) {
    let payments = PaymentQueries::new(garage.client.clone());
    let credit = Numeric::from(3);
    let voucher = UpsertVoucherParams { code: "ONCE", credit: &credit, uses: 1, valid_until: None };
    payments.upsert_voucher(voucher).await.unwrap();
    let mut amounts = Vec::new();
    for (name, km) in [("Grace", 10), ("Linus", 20)] {
        let wish = garage.wish(name, &garage.car.plate).await;
        let booked = booking::book(&garage.client, wish).await.unwrap();
        let trips = TripQueries::new(garage.client.clone());
        assert!(trips.start_trip(booked.id, wish.starts_at).await.unwrap().is_some());
        let end = Return {
            booking_id: booked.id,
            ended_at: wish.ends_at,
            end_km: garage.car.odometer_km + km,
            station_id: garage.station.id,
            voucher: Some("ONCE"),
        };
        amounts.push(billing::settle(&garage.client, end).await.unwrap().unwrap().amount.to_string());
        assert_eq!(billing::settle(&garage.client, end).await.unwrap(), None);
    }
    // Two hours and ten kilometres less the voucher; then ten more kilometres since the first return.
    assert_eq!(amounts, ["15.00", "18.00"]);
}

#[bindery::test]
async fn reports_answer_on_an_empty_database(client: DatabaseClient) {
    let reports = ReportQueries::new(client.clone());
    let fleet = reports.fleet_size().await.unwrap();
    assert_eq!((fleet.in_service, fleet.cars), (0, 0));
    assert_eq!(reports.car_ranking().await.unwrap(), []);
    assert_eq!(reports.revenue_by_method().await.unwrap(), []);
    assert_eq!(reports.owner_earnings(1).await.unwrap(), []);
    let today = Utc::now().date_naive();
    let days = reports.daily_trips(today, today + TimeDelta::days(6)).await.unwrap();
    assert_eq!(days.len(), 7);
    assert!(days.iter().all(|day| day.trips == 0 && day.km.is_none()));
    assert_eq!(MemberQueries::new(client.clone()).count_members().await.unwrap(), []);
    assert_eq!(StationQueries::new(client.clone()).list_stations_below(1).await.unwrap(), []);
}

#[bindery::test]
async fn what_was_noted_about_a_car_comes_back(garage: Garage) {
    let cars = CarQueries::new(garage.client.clone());
    let first = bindery::serde_json::json!({"colour": "blue"});
    let second = bindery::serde_json::json!({"roof": [1, 2, null]});
    cars.merge_extras(&first, garage.car.id).await.unwrap();
    let both = cars.merge_extras(&second, garage.car.id).await.unwrap().unwrap();
    assert_eq!(both, bindery::serde_json::json!({"colour": "blue", "roof": [1, 2, null]}));
    assert_eq!(garage.car.features, ["towbar"]);
    let parked = cars.list_cars_at_station(garage.station.id).await.unwrap();
    assert_eq!((parked[0].plate.as_str(), parked[0].parked_at), ("B-AB1", None));
    let listed = cars.list_cars_by_status(&[CarStatus::InService, CarStatus::Retired]).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(cars.list_cars_by_plate(&["B-AB1", "B-XX9"]).await.unwrap().len(), 1);
    assert_eq!(cars.find_car("nothing").await.unwrap(), None);
}

#[bindery::test]
async fn an_element_that_is_null_against_what_is_said_is_an_error(garage: Garage) {
    let stations = StationQueries::new(garage.client.clone());
    let listed = stations.list_stations_below(garage.station.region_id).await.unwrap();
    assert_eq!(listed[0].amenities, ["charger", "covered"]);
    let conn = garage.client.connection().await.unwrap();
    conn.execute("UPDATE stations SET amenities = '{NULL}'", &[]).await.unwrap();
    let error = stations.list_stations_below(garage.station.region_id).await.unwrap_err().to_string();
    for part in ["ListStationsBelow", "queries/stations.sql", "amenities", "NULL"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[bindery::test]
async fn connection_functions_serve_outside_of_transactions_too(garage: Garage) {
    let conn = garage.client.connection().await.unwrap();
    assert_eq!(cars::find_car(&conn, &garage.car.plate).await.unwrap(), Some(garage.car));
}

#[bindery::test]
async fn a_database_that_somebody_else_has_changed_is_told(client: DatabaseClient) {
    let drifts = client.verify(&QUERIES).await.unwrap();
    assert!(drifts.is_empty(), "{drifts}");
    let conn = client.connection().await.unwrap();
    conn.execute("ALTER TABLE cars ALTER odometer_km DROP NOT NULL", &[]).await.unwrap();
    conn.execute("ALTER TYPE fuel ADD VALUE 'hydrogen'", &[]).await.unwrap();
    let drifts = client.verify(&QUERIES).await.unwrap();
    let told: Vec<String> = drifts.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "table `public.cars`: column `odometer_km` is no longer NOT NULL",
            "enum `public.fuel`: label `hydrogen` is new",
        ]
    );
}

#[bindery::test]
async fn a_fleet_is_taken_over_in_whole_sets(garage: Garage) {
    let fleets = FleetQueries::new(garage.client.clone());
    let names: Vec<String> = (0..5000).map(|number| format!("Station {number}")).collect();
    let stations = names.iter().map(|name| LoadStationsParams {
        region_id: garage.station.region_id,
        name,
        latitude: 52.5,
        longitude: 13.4,
        bays: 2,
    });
    assert_eq!(fleets.load_stations(stations).await.unwrap(), 5000);
    let found = fleets.find_stations(["Zoo", "Nowhere", "Station 4999"]).await.unwrap();
    assert_eq!((found[0], found[1], found[2].is_some()), (Some(garage.station.id), None, true));

    let model = |seats| UpsertModelsParams { make: "Fjord", name: "Mini", fuel: Fuel::Electric, seats };
    let ids = fleets.upsert_models([model(2), model(4)]).await.unwrap();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    let error = fleets.upsert_models([model(2), model(10)]).await.unwrap_err();
    assert!(error.is_check_violation() && error.batch_index() == Some(1), "{error}");

    let other = Fleet::new(&garage.client).take_in("Konrad", "B-AB2", &garage.station).await.unwrap();
    let moves = [RelocateCarsParams { station_id: found[2], id: other.id }];
    assert_eq!(fleets.relocate_cars(moves).await.unwrap(), 1);
    let plates = fleets.list_plates([found[2].unwrap(), 0, garage.station.id]).await.unwrap();
    assert_eq!(plates, [vec!["B-AB2".to_owned()], vec![], vec!["B-AB1".to_owned()]]);

    let mut cars = fleets.export_cars(None).await.unwrap();
    assert_eq!(cars.next().await.unwrap().unwrap(), garage.car);
    assert_eq!(cars.next().await.unwrap().unwrap().plate, "B-AB2");
    assert!(cars.next().await.is_none());
    let conn = garage.client.connection().await.unwrap();
    let mut cars = fleets::export_cars(&conn, Some(other.owner_id)).await.unwrap();
    let row = cars.next_row().await.unwrap().unwrap();
    assert_eq!(row.get::<i64>(0).unwrap(), other.id);
}

#[bindery::test(flavor = "multi_thread")]
async fn sets_of_rows_run_in_tasks(garage: Garage) {
    let client = garage.client.clone();
    let work = async move {
        let names: Vec<String> = (0..10).map(|number| format!("Station {number}")).collect();
        let fleets = FleetQueries::new(client.clone());
        let station = |name| LoadStationsParams {
            region_id: garage.station.region_id,
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

#[bindery::test]
async fn a_fake_stands_in_for_the_queries(garage: Garage) {
    let owners = OwnerQueries::new(garage.client.clone());
    let owner = owners.find_owner(garage.car.owner_id).await.unwrap().unwrap();
    let fake = OneOwner(Owner { iban: Some("DE02".to_owned()), ..owner });
    assert!(can_be_paid(&fake, garage.car.owner_id).await.unwrap());
    assert!(!can_be_paid(&owners, garage.car.owner_id).await.unwrap());
    // What calls it can run in a task.
    let task = tokio::spawn(async move { can_be_paid(&owners, garage.car.owner_id).await });
    assert!(!task.await.unwrap().unwrap());
}

#[bindery::test]
async fn every_filter_that_is_set_narrows_the_list_of_cars(garage: Garage) {
    let cars = CarQueries::new(garage.client.clone());
    let model = UpsertModelParams { make: "Fjord", name: "Mini", fuel: Fuel::Petrol, seats: 2 };
    let model_id = cars.upsert_model(model).await.unwrap();
    let petrol = InsertCarParams {
        owner_id: garage.car.owner_id,
        model_id,
        station_id: None,
        plate: "A-AA1",
        odometer_km: 0,
        features: &[],
        extras: None,
    };
    cars.insert_car(petrol).await.unwrap();
    let wish = garage.wish("Grace", "B-AB1").await;
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
    assert_eq!(list(BrowseCarsParams { station_id: Some(garage.station.id), ..all }).await, ["B-AB1"]);
    assert_eq!(list(BrowseCarsParams { free, ..all }).await, ["A-AA1"]);
    assert_eq!(list(BrowseCarsParams { free, seats: Some(3), ..all }).await, [""; 0]);
}
