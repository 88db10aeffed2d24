-- name: Among :many
SELECT id FROM cars WHERE id IN (1, sqlc.slice(ids));

-- name: AsValue :many
SELECT id FROM cars WHERE id = sqlc.slice(ids);

-- name: NoName :many
SELECT id FROM cars WHERE id IN (sqlc.slice());

-- name: NoSuchColumn :many
SELECT id FROM cars
WHERE colour IN (sqlc.slice(colours))
  AND id NOT IN (sqlc.slice(ids))
  AND wheels = 4;

-- name: NoArray :many
SELECT id FROM cars WHERE (id, plate) IN (sqlc.slice(ids));
