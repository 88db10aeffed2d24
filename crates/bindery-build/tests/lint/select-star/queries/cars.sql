-- name: ListCars :many
SELECT * FROM cars;

-- name: ListWithOwners :many
SELECT c.*, o.name AS owner
FROM cars c JOIN owners o ON o.id = c.owner_id
WHERE c.plate = @plate;

-- name: Retire :many
DELETE FROM cars WHERE id = @id RETURNING *;

-- name: Fixed :many
SELECT * FROM (SELECT id, plate FROM cars) c WHERE EXISTS (SELECT * FROM owners);
