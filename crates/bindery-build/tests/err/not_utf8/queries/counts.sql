-- name: CountCars :one
-- für alle
SELECT count(*) FROM cars;
