-- name: FindCar :opt
-- Looks a car up by its plate.
SELECT * FROM cars WHERE plate = @plate;

-- name: LockCar :opt
-- A car in service, held until the transaction ends so that it cannot be retired meanwhile.
SELECT * FROM cars WHERE id = @id AND status = 'in_service' FOR SHARE;

-- name: ListCarsByPlate :many
SELECT * FROM cars WHERE plate = ANY(@plates) ORDER BY plate;

-- name: ListCarsByStatus :many
SELECT id, plate, status FROM cars WHERE status = ANY(@statuses) ORDER BY status, plate;

-- name: ListCarsAtStation :many
-- The cars that stand at a station, with the last trip that brought each of them there, if there was one.
SELECT cars.id, cars.plate, cars.odometer_km, last.ended_at AS parked_at, last.distance_km AS last_trip_km
FROM cars
LEFT JOIN LATERAL (
    SELECT ended_at, distance_km
    FROM trips
    WHERE trips.car_id = cars.id AND trips.end_station_id = cars.station_id
    ORDER BY ended_at DESC
    LIMIT 1
) AS last ON true
WHERE cars.station_id = @station_id
ORDER BY cars.plate;

-- name: SearchCars :many
-- Cars in service that nobody has booked in a period, the best rated first. A NULL `fuel` stands for any.
SELECT *
FROM car_overview AS car
WHERE car.status = 'in_service'
  AND (sqlc.narg(fuel)::fuel IS NULL OR car.fuel = sqlc.narg(fuel))
  AND car.seats >= @seats
  AND car.features @> @features
  AND NOT EXISTS (
      SELECT FROM bookings
      WHERE bookings.car_id = car.id
        AND bookings.status IN ('reserved', 'active')
        AND tstzrange(bookings.starts_at, bookings.ends_at) && tstzrange(@starts_at, @ends_at)
  )
ORDER BY car.stars DESC NULLS LAST, car.plate;

-- name: BrowseCars :many
-- Cars in service as an app lists them, narrowed down by every filter that is set.
SELECT *
FROM car_overview AS car
WHERE car.status = 'in_service'
  AND car.fuel = @fuel                          -- @if fuel
  AND car.seats >= @seats                       -- @if seats
  AND car.station_id = @station_id              -- @if station_id
  -- @if free
  AND NOT EXISTS (
      SELECT FROM bookings
      WHERE bookings.car_id = car.id
        AND bookings.status IN ('reserved', 'active')
        AND tstzrange(bookings.starts_at, bookings.ends_at) && tstzrange(@starts_at, @ends_at)
  )
  -- @end
ORDER BY car.plate                              -- @order plate
ORDER BY car.stars DESC NULLS LAST, car.plate   -- @order best_rated
LIMIT @most;

-- name: UpsertModel :one
-- The model's id; what is known of the model is brought up to date.
INSERT INTO models (make, name, fuel, seats)
VALUES (@make, @name, @fuel, @seats)
ON CONFLICT (make, name) DO UPDATE SET fuel = excluded.fuel, seats = excluded.seats
RETURNING id;

-- name: InsertCar :one
INSERT INTO cars (owner_id, model_id, station_id, plate, odometer_km, features, extras)
VALUES (@owner_id, @model_id, @station_id, @plate, @odometer_km, @features, @extras)
RETURNING *;

-- name: MergeExtras :opt
-- Adds to what is noted about a car, and gives all of it.
UPDATE cars
SET extras = coalesce(extras, '{}') || @extras
WHERE id = @id
RETURNING extras;

-- name: SendToMaintenance :many
-- Takes cars out of service; gives those that were in it.
UPDATE cars
SET status = 'maintenance'
WHERE id = ANY(@ids) AND status = 'in_service'
RETURNING id, plate, station_id;

-- name: ReturnToService :execrows
-- Puts a car back into service, unless damage that makes it unsafe is still open.
UPDATE cars
SET status = 'in_service'
WHERE id = @id
  AND status = 'maintenance'
  AND NOT EXISTS (
      SELECT FROM damage_reports
      WHERE car_id = cars.id AND severity = 'unsafe' AND repaired_at IS NULL
  );

-- name: RetireCar :execrows
UPDATE cars SET status = 'retired', station_id = NULL WHERE id = @id AND status <> 'retired';

-- name: CarHistory :many
-- Every change of a car's status, with the time since the one before.
-- @column detail: type = crate::fleet::EventDetail
SELECT
    happened_at,
    old_status,
    new_status,
    detail,
    happened_at - lag(happened_at) OVER (ORDER BY id) AS since_last
FROM car_events
WHERE car_id = @car_id
ORDER BY id;
