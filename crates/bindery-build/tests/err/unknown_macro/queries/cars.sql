-- name: FindCar :opt
SELECT id FROM cars WHERE plate = sqlc.param(plate);

-- name: ListCars :many
SELECT sqlc.embed(cars) FROM cars;

-- name: Slice :many
SELECT id FROM cars WHERE id IN (sqlc.slice(ids));

-- name: TwoNames :many
SELECT id FROM cars WHERE id = sqlc.arg(a, b);

-- name: NotClosed :many
SELECT id FROM cars WHERE id = sqlc.arg(a;
