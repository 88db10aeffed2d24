-- name: ListCars :many
-- @allow: select-star
SELECT * FROM cars;

-- name: Less :many
-- @row CarPlate into Car
SELECT plate, 1 AS n FROM cars;

-- name: Missing :many
-- @row CarId into Bike
SELECT id, plate FROM cars;

-- name: Itself :many
-- @row CarName into CarName
SELECT id, plate FROM cars;
