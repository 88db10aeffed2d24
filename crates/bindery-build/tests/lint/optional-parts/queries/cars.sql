-- name: Search :many
-- What is found in several statements is told once, at its line.
-- @param plate: not null
-- @param note: not null
SELECT * FROM cars
WHERE true
  AND plate = @plate -- @if plate
  AND note = NULL    -- @if no_note
  AND note = @note   -- @if note
ORDER BY id          -- @order oldest
ORDER BY note = NULL -- @order note
;

-- name: Find :opt
-- Without `id` it can return several.
SELECT plate FROM cars
WHERE true
  AND id = @id       -- @if id
;

-- name: Clear :exec
-- Without `id` it changes the whole table.
UPDATE cars SET note = NULL
WHERE id = @id       -- @if id
;

-- name: Allowed :exec
-- @allow: update-without-where
UPDATE cars SET note = NULL
WHERE id = @id       -- @if id
;
