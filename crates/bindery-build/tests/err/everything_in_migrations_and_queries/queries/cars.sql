-- name: ListCars :many
SELECT wheels FROM cars;

-- name: FindCar :one
SELECT id FROM cars WHERE plate = sqlc.agr(plate);
