-- name: ByOwner :many
SELECT plate FROM cars WHERE owner_id = @owner_id;

-- name: ByPlate :many
SELECT plate FROM cars WHERE plate = @plate;

-- name: ByName :many
SELECT id FROM owners WHERE name = @name;
