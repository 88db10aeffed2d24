-- name: ListCars :many
-- To be written.

-- name: CountCars :one
SELECT count(*) FROM cars;
