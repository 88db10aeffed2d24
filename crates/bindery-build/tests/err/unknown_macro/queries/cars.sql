-- name: FindCar :opt
SELECT id FROM cars WHERE plate = sqlc.param(plate);

-- name: TwoNames :many
SELECT id FROM cars WHERE id = sqlc.arg(a, b);

-- name: NotClosed :many
SELECT id FROM cars WHERE id = sqlc.arg(a;
