-- name: Search :many
SELECT id FROM cars
WHERE true
  AND id > @a -- @if a
  AND id > @b -- @if b
  AND id > @c -- @if c
  AND id > @d -- @if d
  AND id > @e -- @if e
ORDER BY id -- @order oldest
ORDER BY plate -- @order plate
ORDER BY note -- @order note
;
