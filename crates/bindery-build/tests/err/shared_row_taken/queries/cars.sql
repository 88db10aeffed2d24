-- name: ListCars :many
-- @allow: select-star
SELECT * FROM cars;

-- name: Taken :many
-- @row Car
SELECT plate, 1 AS n FROM cars;
