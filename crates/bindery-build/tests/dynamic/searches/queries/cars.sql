-- name: SearchCars :many
-- Cars by what is asked of them.
SELECT id, plate, status, seats, colour
FROM cars
WHERE id <> @not_id
  AND status = @status            -- @if status
  AND colour IS NULL              -- @if unpainted
  -- @if seats
  AND seats >= @least
  AND seats <= @most
  -- @end
  -- @if tags
  AND EXISTS (
      SELECT FROM car_tags
      WHERE car_tags.car_id = cars.id AND tag = ANY (@tags)
  )
  -- @end
ORDER BY id                                         -- @order oldest
ORDER BY plate DESC                                 -- @order plate
ORDER BY abs(seats - @wanted::int), colour, id      -- @order nearest
LIMIT @most_rows;

-- name: StreamCars :stream
SELECT plate FROM cars
WHERE true
  AND seats = @seats       -- @if seats
  AND plate <> @other      -- @if other
ORDER BY id;               -- @if in_order

-- name: FindCar :opt
SELECT id, plate FROM cars
WHERE true
  AND id = @id -- @if id
  AND plate = @plate -- @if plate
ORDER BY id
LIMIT 1;

-- name: CountCars :one
SELECT count(*) FROM cars
WHERE status = @status -- @if status

-- name: ChangeCar :exec
-- What is given is changed; a colour may be taken away.
UPDATE cars SET
    plate = plate
    , colour = @colour                        -- @if colour
    , seats = @seats                          -- @if seats
    , settings = settings || @settings        -- @if settings
WHERE id = @id;

-- name: DeleteCars :execrows
DELETE FROM cars
WHERE NOT EXISTS (SELECT FROM car_tags WHERE car_id = id)
AND status = @status -- @if status
AND id = ANY (@ids) -- @if ids
;

-- name: ListCars :many
SELECT id FROM cars
ORDER BY id -- @order id
ORDER BY plate -- @order plate
;

-- name: Twins :many
-- Both texts are the same, and are one statement.
SELECT id FROM cars
WHERE true
  AND seats > 2 -- @if big
  AND seats > 2 -- @if large
;

-- name: Repaint :one
-- With types of the package's own.
-- @param settings: type = std::collections::BTreeMap<String, i64>
-- @param colour: type = crate::Colour via TryFrom
-- @param plate: type = crate::Colour via TryFrom
UPDATE cars SET status = status
    , settings = @settings -- @if settings
    , colour = @colour     -- @if colour
    -- @if whole
    , plate = @plate
    , seats = @seats
    -- @end
WHERE id = @id
RETURNING *;

-- name: InsertCar :one
WITH car AS (
    INSERT INTO cars (plate, status, seats, colour)
    VALUES (@plate, @status, @seats, @colour)
    RETURNING id
), tags AS (
    INSERT INTO car_tags (car_id, tag) SELECT car.id, tag FROM car, unnest(@tags::text[]) AS tag
)
SELECT id FROM car;

-- name: Car :one
SELECT * FROM cars WHERE id = @id;

-- name: Umlauts :many
-- The texts are of many widths: some fit on a line of the generated code.
SELECT id FROM cars
WHERE true
  AND plate = 'ä' -- @if ae
  AND plate = 'ö' -- @if oe
  AND seats = 1 -- @if one
ORDER BY id -- @order a
ORDER BY plate -- @order b
ORDER BY id, plate -- @order c
ORDER BY id, plate, seats, colour -- @order d
;

-- name: Widths :many
SELECT id FROM cars
WHERE true
  AND id=1 -- @if a
  AND id = 10 -- @if b
  AND seats = 1 -- @if c
  AND seats <> @d -- @if d
ORDER BY id -- @order a
ORDER BY plate -- @order b
ORDER BY id, plate -- @order c
ORDER BY id, plate, seats, colour -- @order d
;

-- name: Colours :many
-- Not NULL only where the filter is given.
SELECT DISTINCT colour FROM cars
WHERE colour > @after    -- @if after

-- name: TaggedCars :many
SELECT sqlc.embed(cars), sqlc.embed(t)
FROM cars
LEFT JOIN car_tags t ON t.car_id = cars.id
WHERE cars.id = ANY (sqlc.slice(ids))
  AND t.tag = @tag       -- @if tag
ORDER BY cars.id, t.tag;
