-- name: A :many
-- @row car_summary
SELECT id, plate FROM cars;

-- name: B :many
-- @row of cars
SELECT id, plate FROM cars;

-- name: C :many
-- @row Option
SELECT id, plate FROM cars;
