-- name: ListCars
SELECT id FROM cars;

-- name: 2ndCar :one
SELECT id FROM cars LIMIT 1;

-- name: Extra :one row
SELECT 1;

-- name:
SELECT 1;
