-- name: ListCars :many
-- @column id: elements not null
SELECT id FROM cars;

-- name: RemoveCars :exec
-- @column id: not null
DELETE FROM cars;
