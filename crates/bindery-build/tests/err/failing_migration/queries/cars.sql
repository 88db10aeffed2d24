-- name: ListCars :many
SELECT id FROM cars;

-- name: CountCars :count
SELECT count(*) FROM cars;
