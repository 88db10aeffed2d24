-- name: ListCars :many
SELECT * FROM cars;
