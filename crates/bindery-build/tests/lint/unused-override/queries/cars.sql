-- name: FindCar :many
-- @param plate: not null
-- @column id: not null
-- @column note: not null
SELECT id, note FROM cars WHERE plate = @plate;

-- name: Find :many
-- @param note: nullable
-- @param ids: elements not null
-- @column plate: nullable
SELECT plate FROM cars WHERE note = sqlc.narg(note) AND id = ANY (@ids);
