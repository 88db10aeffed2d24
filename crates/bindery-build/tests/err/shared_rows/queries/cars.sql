-- name: First :many
-- @row CarSummary
SELECT id, plate FROM cars;

-- name: MoreColumns :many
-- @row CarSummary
SELECT id, plate, id + 1 AS next FROM cars;

-- name: FewerColumns :many
-- @row CarSummary
SELECT id FROM cars;

-- name: AnotherOrder :many
-- @row CarSummary
SELECT plate, id FROM cars;

-- name: MayBeNull :many
-- @row CarSummary
-- @column plate: nullable
SELECT id, plate FROM cars;

-- name: AnotherType :many
-- @row CarSummary
-- @column plate: type = crate::Plate
SELECT id, plate FROM cars;

-- name: Embeds :many
-- @row CarSummary
SELECT sqlc.embed(cars), plate FROM cars;

-- name: NoRows :exec
-- @row CarSummary
DELETE FROM cars WHERE id = 1;
