-- name: NoWhere :many
-- Only some of the statements are.
SELECT id FROM cars
WHERE plate = @plate -- @if plate
  AND owner_id = @owner_id   -- @if owner_id
ORDER BY id -- @order oldest
ORDER BY plate -- @order plate
;

-- name: UnknownColumns :many
-- Each is told once.
SELECT id FROM cars
WHERE true
  AND plat = @plate -- @if plate
  AND owner = @owner_id -- @if owner_id
ORDER BY idd -- @order oldest
ORDER BY platee -- @order plate
;

-- name: NeedsAnother :many
-- One line needs what another one brings.
SELECT cars.id FROM cars
JOIN cars AS other ON other.owner_id = cars.owner_id AND other.plate = @other -- @if other
WHERE true
  -- @if later
  AND other.id > cars.id
  -- @end
;

-- name: UnknownOverride :many
-- @param plat: nullable
-- @param plate: nullable
-- @column idd: not null
SELECT id FROM cars
WHERE true
  AND plate = @plate -- @if plate
ORDER BY id -- @order oldest
ORDER BY plate -- @order plate
;
