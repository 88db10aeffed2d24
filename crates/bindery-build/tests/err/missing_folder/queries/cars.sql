-- name: ListCars :many
SELECT id FROM cars;
