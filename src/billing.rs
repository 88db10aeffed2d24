//! Asking for money at the end of a trip.

use bindery::chrono::{DateTime, Utc};
use bindery::{DatabaseClient, Error, Transaction};

use crate::db::trips::EndTripParams;
use crate::db::{Payment, PaymentMethod, bookings, payments, trips};

/// The end of a trip.
#[derive(Clone, Copy, Debug)]
pub struct Return<'r> {
    /// Of which booking.
    pub booking_id: i64,
    /// When.
    pub ended_at: DateTime<Utc>,
    /// What the car's odometer shows.
    pub end_km: i32,
    /// Where.
    pub station_id: i64,
    /// A voucher, which may be used up.
    pub voucher: Option<&'r str>,
}

/// Takes the car back, redeems the voucher if that is still possible, and asks for the rest. None if there is no trip to
/// end.
pub async fn settle(client: &DatabaseClient, end: Return<'_>) -> Result<Option<Payment>, Error> {
    let Return { booking_id, ended_at, end_km, station_id, voucher } = end;
    client
        .transaction(async |tx| {
            let trip = EndTripParams { ended_at, end_km, station_id, booking_id };
            if trips::end_trip(tx, trip).await?.is_none() {
                return Ok(None);
            }
            if let Some(code) = voucher {
                redeem(tx, code, booking_id).await?;
            }
            let Some(price) = trips::price_trip(tx, booking_id).await? else { return Ok(None) };
            payments::insert_payment(tx, booking_id, &price.total, PaymentMethod::Card).await.map(Some)
        })
        .await
}

/// In a savepoint: a voucher that is used up fails on a constraint, and the trip is settled without it.
async fn redeem(tx: &mut Transaction, code: &str, booking_id: i64) -> Result<(), Error> {
    let today = Utc::now().date_naive();
    let redeemed = tx
        .transaction(async |savepoint| {
            if payments::redeem_voucher(savepoint, code, today).await?.is_some() {
                bookings::apply_voucher(savepoint, code, booking_id).await?;
            }
            Ok::<_, Error>(())
        })
        .await;
    match redeemed {
        Err(error) if error.constraint() == Some("vouchers_used_up") => Ok(()),
        other => other,
    }
}
