-- name: ListCars :many
SELECT id FROM cars WHERE plate = 'KA-01;
