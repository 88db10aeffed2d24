//! A short realistic day: what `cargo run` shows.

use std::error::Error;
use std::fmt::Write as _;

use bindery::chrono::{TimeDelta, Utc};
use bindery::{DatabaseClient, Interval, Numeric};

use crate::billing::{self, Return};
use crate::booking::{self, Wish};
use crate::db::bookings::InsertTariffParams;
use crate::db::cars::SearchCarsParams;
use crate::db::members::InsertMemberParams;
use crate::db::payments::UpsertVoucherParams;
use crate::db::{BookingQueries, Member, MemberQueries, PaymentQueries, ReportQueries, TripQueries};
use crate::fleet::Fleet;

/// Plays the day in an empty database, and tells what happened.
///
/// # Errors
/// Anything goes wrong that is not part of the story.
pub async fn play(client: &DatabaseClient) -> Result<String, Box<dyn Error + Send + Sync>> {
    let mut story = String::new();
    let fleet = Fleet::new(client);
    let station = fleet.open_station("Berlin", "Alexanderplatz", 4).await?;
    let car = fleet.take_in("Ada", "B-GA1", &station).await?;
    fleet.take_in("Konrad", "B-GA2", &station).await?;
    writeln!(story, "{} has two cars; {} can be booked", station.name, car.plate)?;

    let bookings = BookingQueries::new(client.clone());
    let tariff = bookings.insert_tariff(tariff(&"4.50".parse()?, &"0.29".parse()?)).await?;
    let (grace, linus) = (sign_up(client, "Grace").await?, sign_up(client, "Linus").await?);
    let starts_at = Utc::now() + TimeDelta::hours(1);
    let ends_at = starts_at + TimeDelta::hours(3);
    let wish = Wish { plate: &car.plate, member_id: grace.id, tariff_id: tariff.id, starts_at, ends_at };
    let wanted = SearchCarsParams { fuel: None, seats: 4, features: &["towbar"], starts_at, ends_at };
    writeln!(story, "{} cars with a towbar are free", fleet.search(wanted).await?.len())?;
    let booked = booking::book(client, wish).await?;
    writeln!(story, "{} booked it for {}", grace.full_name, Interval::hours(3))?;
    if let Err(refusal) = booking::book(client, Wish { member_id: linus.id, ..wish }).await {
        writeln!(story, "{} did not get it: {refusal}", linus.full_name)?;
    }
    writeln!(story, "{} car is still free", fleet.search(wanted).await?.len())?;

    let payments = PaymentQueries::new(client.clone());
    let credit: Numeric = 5.into();
    let voucher = UpsertVoucherParams { code: "WELCOME", credit: &credit, uses: 1, valid_until: None };
    payments.upsert_voucher(voucher).await?;
    TripQueries::new(client.clone()).start_trip(booked.id, starts_at).await?;
    let end_km = car.odometer_km + 42;
    let back = Return {
        booking_id: booked.id,
        ended_at: ends_at,
        end_km,
        station_id: station.id,
        voucher: Some("WELCOME"),
    };
    if let Some(payment) = billing::settle(client, back).await? {
        writeln!(story, "42 km later {} owes {}, her voucher taken off", grace.full_name, payment.amount)?;
        payments.settle_payment("bank-1", None, payment.id).await?;
    }
    for row in ReportQueries::new(client.clone()).owner_earnings(car.owner_id).await? {
        writeln!(story, "the car took in {} of which its owner gets {}", row.takings, row.share)?;
    }
    Ok(story)
}

fn tariff<'t>(per_hour: &'t Numeric, per_km: &'t Numeric) -> InsertTariffParams<'t> {
    InsertTariffParams { name: "City", per_hour, per_km, free_km: 20, shortest: Interval::hours(1) }
}

/// Signs a member up and lets them drive.
///
/// # Errors
/// The database refuses, as it does for an address that is known already.
pub async fn sign_up(client: &DatabaseClient, name: &str) -> Result<Member, bindery::Error> {
    let members = MemberQueries::new(client.clone());
    let today = Utc::now().date_naive();
    let member = members
        .insert_member(InsertMemberParams {
            given_name: name,
            family_name: "Example",
            email: &format!("{}@example.org", name.to_lowercase()),
            phone: None,
            born_on: today - TimeDelta::days(12_000),
            licence_number: &format!("L-{name}"),
            licence_until: today + TimeDelta::days(1_000),
            referred_by: None,
        })
        .await?;
    members.activate_member(member.id).await?;
    Ok(member)
}
