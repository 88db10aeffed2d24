-- name: ServersOwnHint :many
SELECT ownerid FROM cars;

-- name: Insert :exec
INSERT INTO cars (id, plate, ownerid) VALUES (@id, @plate, @owner_id);

-- name: Update :exec
UPDATE cars SET palte = @plate WHERE id = @id;

-- name: ToBeQuoted :many
INSERT INTO owners (id, "Birthday") VALUES (1, NULL);

-- name: OfAnotherTable :many
SELECT name FROM cars;

-- name: NearNothing :many
SELECT wheels FROM cars;

-- name: Ambiguous :many
SELECT id FROM cars JOIN owners ON owners.id = cars.owner_id;

-- name: NotGrouped :many
SELECT plate, count(*) FROM cars GROUP BY owner_id;

-- name: NotGroupedQualified :many
SELECT c.plate, count(*) FROM cars c JOIN owners o ON true GROUP BY c.owner_id;

-- name: AggregateInWhere :many
SELECT owner_id FROM cars WHERE count(*) > 1 GROUP BY owner_id;
