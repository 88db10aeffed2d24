-- name: ListCars :many
SELECT * FROM cars WHERE note = NULL;

-- name: Clear :exec
DELETE FROM cars;
