-- name: FindCar :opt
SELECT id, status, note FROM fleet.cars WHERE plate = @plate;

-- name: AddCar :one
INSERT INTO fleet.cars (plate, owner_id, note) VALUES (@plate, @owner_id, @note) RETURNING id;

-- name: ListFree :many
SELECT * FROM free_cars;

-- name: Shout :many
SELECT shout(name) FROM owners;

-- name: DeleteTrips :exec
DELETE FROM trips WHERE day < @day;

-- name: LongTrips :many
SELECT car_id, km FROM trips WHERE km > @km;

-- name: RefreshPlates :exec
REFRESH MATERIALIZED VIEW plates;
