-- name: FindCar :opt
-- By its plate.
SELECT id, note FROM cars WHERE plate = @plate;

-- name: AddCar :one
INSERT INTO cars (plate, status, note) VALUES (@plate, @status, sqlc.narg(note)) RETURNING id;

-- name: CountCars :one
SELECT count(*) FROM cars;

-- name: Truncate :exec
TRUNCATE cars;
