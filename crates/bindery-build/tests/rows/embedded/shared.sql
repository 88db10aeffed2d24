-- name: ListSummaries :many
-- @row CarSummary
SELECT c.id, c.plate, sqlc.embed(o) FROM cars c LEFT JOIN owners o ON o.id = c.owner_id ORDER BY c.id;

-- name: FindSummary :opt
-- @row CarSummary
SELECT c.id, c.plate, sqlc.embed(o) FROM cars c LEFT JOIN owners o ON o.id = c.owner_id WHERE c.id = $1;

-- name: Backwards :many
-- @row BackwardsOwner into Owner
SELECT email, name, id FROM owners ORDER BY id;

-- name: ListPlates :many
-- @row Plate
SELECT plate FROM cars ORDER BY id;

-- name: CarsOfOwners :many
SELECT sqlc.embed(o), array_agg(c ORDER BY c.id) FILTER (WHERE c.id IS NOT NULL) AS cars
FROM owners o LEFT JOIN cars c ON c.owner_id = o.id GROUP BY o.id ORDER BY o.id;
