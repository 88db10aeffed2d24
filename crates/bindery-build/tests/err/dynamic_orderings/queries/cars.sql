-- name: OnlyOne :many
SELECT id FROM cars
ORDER BY id -- @order oldest
;

-- name: Apart :many
SELECT id FROM (
    SELECT id, plate FROM cars
    ORDER BY id -- @order oldest
) AS c
ORDER BY plate -- @order plate
;

-- name: Twice :many
SELECT id FROM cars
ORDER BY id -- @order by_plate
ORDER BY plate -- @order ByPlate
;

-- name: Called :many
SELECT id FROM cars
WHERE note = @order
ORDER BY id -- @order oldest
ORDER BY plate -- @order plate
;
