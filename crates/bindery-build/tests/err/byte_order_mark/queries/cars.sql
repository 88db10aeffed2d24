/* name: ListCars */ SELECT id FROM cars;

-- name: ListWheels :many
SELECT wheels FROM cars;
