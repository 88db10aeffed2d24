//! The fleet: single operations, so each takes a connection from the client and gives it back.

use bindery::{DatabaseClient, Error};

use crate::db::cars::{InsertCarParams, SearchCarsParams, UpsertModelParams};
use crate::db::stations::InsertStationParams;
use crate::db::{Car, CarOverview, CarQueries, Fuel, OwnerQueries, Station, StationQueries};

/// What the people who look after the cars do.
pub struct Fleet {
    cars: CarQueries,
    owners: OwnerQueries,
    stations: StationQueries,
}

/// What is known of a change of a car's status: JSON in the database.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct EventDetail {
    /// How far the car had gone.
    pub odometer_km: i32,
}

impl Fleet {
    /// A fleet in the client's database.
    pub fn new(client: &DatabaseClient) -> Self {
        Self {
            cars: CarQueries::new(client.clone()),
            owners: OwnerQueries::new(client.clone()),
            stations: StationQueries::new(client.clone()),
        }
    }

    /// Opens a station that never closes.
    pub async fn open_station(&self, region: &str, name: &str, bays: i16) -> Result<Station, Error> {
        let region_id = self.stations.insert_region(None, region).await?;
        self.stations
            .insert_station(InsertStationParams {
                region_id,
                name,
                latitude: 52.52,
                longitude: 13.405,
                bays,
                opens_at: None,
                closes_at: None,
                amenities: &["charger", "covered"],
            })
            .await
    }

    /// Takes an owner's car in at a station.
    pub async fn take_in(&self, owner: &str, plate: &str, station: &Station) -> Result<Car, Error> {
        let email = format!("{}@example.org", owner.to_lowercase());
        let joined_on = bindery::chrono::Utc::now().date_naive();
        let owner = self.owners.insert_owner(owner, &email, joined_on).await?;
        let model = UpsertModelParams { make: "Fjord", name: "Kombi", fuel: Fuel::Electric, seats: 5 };
        let model_id = self.cars.upsert_model(model).await?;
        self.cars
            .insert_car(InsertCarParams {
                owner_id: owner.id,
                model_id,
                station_id: Some(station.id),
                plate,
                odometer_km: 12_000,
                features: &["towbar"],
                extras: None,
            })
            .await
    }

    /// Cars that are free in a period, the best rated first.
    pub async fn search(&self, wanted: SearchCarsParams<'_>) -> Result<Vec<CarOverview>, Error> {
        self.cars.search_cars(wanted).await
    }

    /// A car by its plate, if there is one.
    pub async fn find(&self, plate: &str) -> Result<Option<Car>, Error> {
        self.cars.find_car(plate).await
    }
}
