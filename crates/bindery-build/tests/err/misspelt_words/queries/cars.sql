-- name: Command :mny
SELECT id FROM cars;

-- name: Annotation :many
-- Text with a colon: @parm is none here.
-- @parm plate: not null
-- @colum plate: not null
-- @row: at most one
-- @rows: at most won
SELECT plate FROM cars WHERE plate = @plate;

-- name: Macro :many
SELECT id FROM cars WHERE plate = sqlc.agr(plate);

-- name: Parameter :many
-- @param palte: nullable
-- @column plait: nullable
SELECT plate FROM cars WHERE plate = @plate;
