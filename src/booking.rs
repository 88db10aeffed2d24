//! Booking a car: several statements that hold together or not at all.

use std::fmt;

use bindery::chrono::{DateTime, Utc};
use bindery::uuid::Uuid;
use bindery::{Connection, DatabaseClient, Error};

use crate::db::bookings::InsertBookingParams;
use crate::db::{Booking, bookings, cars, members};

/// What a member asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'w> {
    /// Which car.
    pub plate: &'w str,
    /// Who asks.
    pub member_id: Uuid,
    /// At what price.
    pub tariff_id: i64,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
}

/// Why a car was not booked.
#[derive(Debug)]
pub enum Refusal {
    /// There is no car in service with this plate.
    NoSuchCar,
    /// The member may not drive that long.
    NotADriver,
    /// Somebody else has the car then.
    Taken,
    /// Anything else.
    Database(Error),
}

impl From<Error> for Refusal {
    /// The database alone knows about bookings that are made at the same time, and says so by its constraint.
    fn from(error: Error) -> Self {
        match error.constraint() {
            Some("bookings_no_overlap") => Self::Taken,
            _ => Self::Database(error),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchCar => f.write_str("there is no such car in service"),
            Self::NotADriver => f.write_str("the member may not drive"),
            Self::Taken => f.write_str("the car is taken"),
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

/// Books a car in a transaction of its own: everything below happens, or nothing.
pub async fn book(client: &DatabaseClient, wish: Wish<'_>) -> Result<Booking, Refusal> {
    client.transaction(async |tx| reserve(tx, wish).await).await
}

/// The steps of it, on a connection that the caller holds. A transaction is one.
pub async fn reserve(conn: &Connection, wish: Wish<'_>) -> Result<Booking, Refusal> {
    let found = cars::find_car(conn, wish.plate).await?.ok_or(Refusal::NoSuchCar)?;
    let car = cars::lock_car(conn, found.id).await?.ok_or(Refusal::NoSuchCar)?;
    let last_day = wish.ends_at.date_naive();
    let driver = members::find_driver(conn, wish.member_id, last_day).await?.ok_or(Refusal::NotADriver)?;
    let booking = InsertBookingParams {
        car_id: car.id,
        member_id: driver.id,
        tariff_id: wish.tariff_id,
        starts_at: wish.starts_at,
        ends_at: wish.ends_at,
        note: None,
    };
    Ok(bookings::insert_booking(conn, booking).await?)
}
