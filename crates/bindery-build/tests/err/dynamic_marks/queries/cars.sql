-- name: NeverClosed :many
SELECT id FROM cars
WHERE true
  -- @if plate
  AND plate = @plate;

-- name: ClosesNothing :many
SELECT id FROM cars
WHERE plate = @plate
-- @end
ORDER BY id;

-- name: Nested :many
SELECT id FROM cars
WHERE true
  -- @if plate
  AND plate = @plate
  AND id = @id -- @if id
  -- @end
ORDER BY id;

-- name: Empty :many
SELECT id FROM cars
WHERE true
  -- @if plate
  -- nothing yet
  -- @end
ORDER BY id;

-- name: Nameless :many
SELECT id FROM cars
WHERE true
  AND plate = @plate -- @if
ORDER BY id; -- @order by id

-- name: Misspelt :many
SELECT id FROM cars
WHERE true
  AND plate = @plate -- @if plate
  -- @else
  AND plate IS NULL
  -- @endif
ORDER BY id -- @orderby id
;

-- name: Outside :many
-- @if plate
SELECT id FROM cars WHERE plate = @plate;
-- @end

-- name: InAString :many
SELECT id FROM cars
WHERE note = '
' AND plate = @plate -- @if plate
;

-- name: EndOfALine :many
SELECT id FROM cars
WHERE true
  -- @if plate
  AND plate = @plate -- @end
;

-- name: NothingIsLeft :many
SELECT id FROM cars WHERE plate = @plate -- @if plate
