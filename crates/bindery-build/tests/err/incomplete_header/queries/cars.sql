-- name: ListCars
SELECT id FROM cars;

-- name: 2ndCar :one
SELECT id FROM cars LIMIT 1;
