-- name: FindCar :one
SELECT plate FROM cars WHERE owner_id = @owner_id;

-- name: FindOne :one
-- @rows: at most one
SELECT plate FROM cars WHERE owner_id = @owner_id;

-- name: FindAny :opt
-- @allow: several-rows
SELECT plate FROM cars WHERE owner_id = @owner_id;
