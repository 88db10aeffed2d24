-- name: OwnerEarnings :many
-- What an owner's cars took in month by month, the owner's share of it, and the running total of the share.
WITH monthly AS (
    SELECT
        date_trunc('month', bookings.starts_at AT TIME ZONE 'UTC')::date AS month,
        sum(payments.amount) AS takings
    FROM payments
    JOIN bookings ON bookings.id = payments.booking_id
    JOIN cars ON cars.id = bookings.car_id
    WHERE cars.owner_id = @owner_id AND payments.status = 'settled'
    GROUP BY month
)
SELECT
    monthly.month,
    monthly.takings,
    round(monthly.takings * owners.share, 2) AS share,
    sum(round(monthly.takings * owners.share, 2)) OVER (ORDER BY monthly.month) AS share_so_far
FROM monthly
JOIN owners ON owners.id = @owner_id
ORDER BY monthly.month;

-- name: CarRanking :many
-- Every car with its rank among those of the same model, by the kilometres it was driven.
SELECT
    car_overview.plate,
    car_overview.model,
    car_overview.station,
    count(trips.id) AS trips,
    coalesce(sum(trips.distance_km), 0) AS km,
    rank() OVER (PARTITION BY car_overview.model ORDER BY sum(trips.distance_km) DESC NULLS LAST) AS rank
FROM car_overview
LEFT JOIN trips ON trips.car_id = car_overview.id
GROUP BY car_overview.id, car_overview.plate, car_overview.model, car_overview.station
ORDER BY car_overview.model, rank, car_overview.plate;

-- name: DailyTrips :many
-- The trips that began on each day of a period, days without one included.
SELECT days.day::date AS day, count(trips.id) AS trips, sum(trips.distance_km) AS km
FROM generate_series(@first_day::date, @last_day::date, interval '1 day') AS days (day)
LEFT JOIN trips ON (trips.started_at AT TIME ZONE 'UTC')::date = days.day::date
GROUP BY days.day
ORDER BY days.day;

-- name: RevenueByMethod :many
SELECT
    method,
    sum(amount) FILTER (WHERE status = 'settled') AS settled,
    sum(amount) FILTER (WHERE status = 'pending') AS pending,
    count(*) FILTER (WHERE status = 'failed') AS failed
FROM payments
GROUP BY method
ORDER BY method;

-- name: FleetSize :one
-- How many cars there are in service, and how many in all.
SELECT count(*) FILTER (WHERE status = 'in_service') AS in_service, count(*) AS cars FROM cars WHERE status <> 'retired';
