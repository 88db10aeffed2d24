-- name: FindCar :many
SELECT id, plate FROM cars WHERE plate = @plate;
