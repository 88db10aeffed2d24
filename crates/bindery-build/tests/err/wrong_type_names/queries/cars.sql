-- name: FindCar :many
SELECT id, plate, 'red'::colour AS colour, 'x'::licence AS licence FROM cars;
