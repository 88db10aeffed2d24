-- name: FindCar :opt
SELECT id FROM cars WHERE plate = sqlc.param(plate);

-- name: ListCars :many
SELECT sqlc.embed(cars) FROM cars;
