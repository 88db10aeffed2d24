-- name: AlwaysGiven :many
SELECT id FROM cars
WHERE plate = @plate
  AND note = @plate -- @if plate
;

-- name: Shared :many
SELECT id FROM cars
WHERE true
  AND plate = @text -- @if plate
  AND note = @text -- @if note
;

-- name: SharedWithAnOrdering :many
SELECT id FROM cars
WHERE true
  AND plate > @after -- @if after
ORDER BY id -- @order oldest
ORDER BY plate > @after -- @order plate
;

-- name: CalledOtherwise :many
SELECT id FROM cars
WHERE true
  AND plate = @plate -- @if plaet
;

-- name: Numbered :many
SELECT id FROM cars
WHERE id > $1
  AND plate = @plate -- @if plate
;

-- name: OrderIsTaken :many
SELECT id FROM cars
WHERE true
  AND id > 0 -- @if order
ORDER BY id -- @order oldest
ORDER BY plate -- @order plate
;
