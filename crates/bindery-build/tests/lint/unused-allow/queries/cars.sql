-- name: FindCar :one
-- @allow: several-rows, update-without-where
SELECT plate FROM cars WHERE id = @id;
