-- name: ListCars :many
SELECT id FROM cars;

-- name: list_cars :many
SELECT plate FROM cars;
