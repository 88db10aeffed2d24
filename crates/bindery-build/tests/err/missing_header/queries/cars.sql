-- All the cars.
SELECT id FROM cars;

-- name: CountCars :one
SELECT count(*) FROM cars;
