-- name: StartTrip :opt
-- Hands the car of a reserved booking over: it leaves its station with the mileage it has.
WITH booking AS (
    UPDATE bookings SET status = 'active' WHERE id = @booking_id AND status = 'reserved'
    RETURNING id, car_id
), car AS (
    UPDATE cars SET station_id = NULL FROM booking WHERE cars.id = booking.car_id
)
INSERT INTO trips (booking_id, car_id, started_at, start_km)
SELECT booking.id, booking.car_id, @started_at, cars.odometer_km
FROM booking
JOIN cars ON cars.id = booking.car_id
RETURNING *;

-- name: EndTrip :opt
-- Takes the car back at a station: its mileage is written down and the booking is complete.
-- @param ended_at: not null
-- @param end_km: not null
-- @param station_id: not null
WITH trip AS (
    UPDATE trips
    SET ended_at = @ended_at, end_km = @end_km, end_station_id = @station_id
    WHERE booking_id = @booking_id AND ended_at IS NULL
    RETURNING *
), car AS (
    UPDATE cars SET odometer_km = trip.end_km, station_id = trip.end_station_id
    FROM trip
    WHERE cars.id = trip.car_id
), booking AS (
    UPDATE bookings SET status = 'completed' FROM trip WHERE bookings.id = trip.booking_id
)
SELECT id, started_at, ended_at, distance_km FROM trip;

-- name: ListOpenTrips :many
-- Who is on the road, since when, and whether the car is due back already.
SELECT cars.plate, members.full_name AS driver, trips.started_at, bookings.ends_at < @at AS overdue
FROM trips
JOIN bookings ON bookings.id = trips.booking_id
JOIN cars ON cars.id = trips.car_id
JOIN members ON members.id = bookings.member_id
WHERE trips.ended_at IS NULL
ORDER BY trips.started_at;

-- name: PriceTrip :opt
-- What a finished trip costs: hours and kilometres by the tariff, less the voucher, and never less than nothing.
WITH usage AS (
    SELECT
        booking_id,
        distance_km,
        extract(epoch FROM ended_at - started_at) / 3600 AS hours
    FROM trips
    WHERE booking_id = @booking_id AND ended_at IS NOT NULL
), price AS (
    SELECT
        usage.*,
        greatest(usage.hours, extract(epoch FROM tariffs.shortest) / 3600) * tariffs.per_hour AS for_time,
        greatest(usage.distance_km - tariffs.free_km, 0) * tariffs.per_km AS for_distance,
        coalesce(vouchers.credit, 0) AS credit
    FROM usage
    JOIN bookings ON bookings.id = usage.booking_id
    JOIN tariffs ON tariffs.id = bookings.tariff_id
    LEFT JOIN vouchers ON vouchers.code = bookings.voucher_code
)
SELECT
    round(hours, 2) AS hours,
    distance_km,
    round(for_time, 2) AS for_time,
    round(for_distance, 2) AS for_distance,
    credit,
    greatest(round(for_time + for_distance - credit, 2), 0) AS total
FROM price;

-- name: ReportDamage :one
INSERT INTO damage_reports (car_id, trip_id, severity, description, photo)
VALUES (@car_id, @trip_id, @severity, @description, @photo)
RETURNING *;

-- name: ListOpenDamage :many
-- What waits for repair, the worst first, with the last driver where one is known.
SELECT
    damage_reports.id,
    cars.plate,
    damage_reports.severity,
    damage_reports.description,
    octet_length(damage_reports.photo) AS photo_bytes,
    members.full_name AS driver
FROM damage_reports
JOIN cars ON cars.id = damage_reports.car_id
LEFT JOIN trips ON trips.id = damage_reports.trip_id
LEFT JOIN bookings ON bookings.id = trips.booking_id
LEFT JOIN members ON members.id = bookings.member_id
WHERE damage_reports.repaired_at IS NULL
ORDER BY damage_reports.severity DESC, damage_reports.id;

-- name: RepairDamage :execrows
-- @param repaired_at: not null
UPDATE damage_reports SET repaired_at = @repaired_at WHERE id = @id AND repaired_at IS NULL;
