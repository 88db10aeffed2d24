-- name: Parameter :many
-- The server takes what is left in another way.
SELECT id FROM cars
WHERE true
  AND id = @since -- @if by_id
  AND coalesce(@since) IS NOT NULL
;

-- name: Columns :many
SELECT
    id
    , plate -- @if with_plate
FROM cars;

-- name: Column :one
SELECT
    id AS value -- @order id
    plate AS value -- @order plate
FROM cars LIMIT 1;
