-- name: Inner :many
-- Columns, and two rows.
SELECT c.id * 10 AS number, sqlc.embed(c), sqlc.embed(o), c.plate FROM cars c JOIN owners o ON o.id = c.owner_id ORDER BY 2;

-- name: LeftJoin :many
SELECT sqlc.embed(cars), sqlc.embed('owners') FROM cars LEFT JOIN owners ON owners.id = cars.owner_id ORDER BY cars.id;

-- name: FullJoin :many
SELECT sqlc.embed(c), sqlc.embed(o) FROM cars c FULL JOIN owners o ON o.id = c.owner_id ORDER BY c.id, o.id;

-- name: SelfJoin :many
SELECT sqlc.embed(c), sqlc.embed(t) FROM cars c LEFT JOIN cars t ON t.id = c.towed_by ORDER BY c.id;

-- name: Proven :many
SELECT sqlc.embed(c), sqlc.embed(o) FROM cars c LEFT JOIN owners o ON o.id = c.owner_id WHERE o.email IS NOT NULL;

-- name: Only :one
SELECT sqlc.embed(cars) FROM cars WHERE id = $1;

-- name: OnlyIfThere :many
SELECT sqlc.embed(o) FROM cars LEFT JOIN owners o ON o.id = cars.owner_id ORDER BY cars.id;

-- name: WithoutNotNull :many
SELECT sqlc.embed(n), cars.id FROM cars LEFT JOIN notes n ON n.car_id = cars.id ORDER BY cars.id;

-- name: OfAView :many
SELECT sqlc.embed(v), sqlc.embed(f) FROM owned v CROSS JOIN fleet.owners f ORDER BY v.id DESC;

-- name: Distinct :many
SELECT DISTINCT sqlc.embed(o), o.name FROM owners o JOIN cars ON cars.owner_id = o.id ORDER BY 1;

-- name: Grouped :many
SELECT sqlc.embed(o), count(cars.id) AS cars FROM owners o LEFT JOIN cars ON cars.owner_id = o.id GROUP BY o.id ORDER BY o.id;

-- name: Union :many
SELECT sqlc.embed(o), 'left' AS side FROM cars LEFT JOIN owners o ON o.id = cars.owner_id
UNION SELECT sqlc.embed(o), 'right' FROM owners o ORDER BY side, id;

-- name: OfASubquery :many
WITH named AS (SELECT * FROM owners)
SELECT c.id, sqlc.embed(n) FROM cars c LEFT JOIN (SELECT * FROM named) n ON n.id = c.owner_id ORDER BY c.id;

-- name: Update :one
UPDATE cars SET plate = @plate FROM owners o WHERE cars.id = @id AND o.id = cars.owner_id
RETURNING sqlc.embed(cars), sqlc.embed(o);

-- name: Find :opt
SELECT sqlc.embed(c), sqlc.embed(o) FROM cars c LEFT JOIN owners o ON o.id = c.owner_id WHERE c.id = $1;

-- name: Export :stream
SELECT sqlc.embed(c), sqlc.embed(o) FROM cars c LEFT JOIN owners o ON o.id = c.owner_id ORDER BY c.id;

-- name: FindEach :batchone
SELECT sqlc.embed(c), sqlc.embed(o) FROM cars c LEFT JOIN owners o ON o.id = c.owner_id WHERE c.id = @id;

-- name: Overruled :many
-- @column owner: not null
-- @column owner_id: not null
SELECT cars.owner_id, sqlc.embed(o) FROM cars LEFT JOIN owners o ON o.id = cars.owner_id WHERE cars.owner_id > 0;

-- name: WithAsterisk :many
SELECT sqlc.embed(owners), * FROM owners ORDER BY id;

-- name: InSlice :many
SELECT id FROM cars WHERE id IN (sqlc.slice(ids)) ORDER BY id;

-- name: NotInSlice :many
SELECT id FROM cars WHERE plate NOT IN (sqlc.slice('plates')) AND id = ANY (sqlc.slice(ids)) ORDER BY id;

-- name: Tag :execresult
UPDATE cars SET tags = tags || @tag::text WHERE id IN (sqlc.slice(ids));

-- name: Renamed :many
SELECT sqlc.embed(o), sqlc.embed("n") FROM owners AS o (key, title) JOIN notes "n" ON "n".car_id = o.key ORDER BY o.key;

-- name: UnionOfRenamed :many
-- @allow: select-star
SELECT sqlc.embed(o), 1 AS n FROM owners o UNION ALL SELECT sqlc.embed(p), 2 FROM owners AS p (key, title) ORDER BY n, id;

-- name: Unfiltered :many
SELECT o.id, array_agg(c) AS cars FROM owners o LEFT JOIN cars c ON c.owner_id = o.id GROUP BY o.id ORDER BY o.id;

-- name: OfTypesOfOnesOwn :many
SELECT c.id, sqlc.embed(l), l AS value FROM cars c LEFT JOIN labels l ON l.car_id = c.id ORDER BY c.id;
