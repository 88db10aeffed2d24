-- name: Empty :exec
DELETE FROM cars;

-- name: EmptyWith :execrows
DELETE FROM cars c USING owners o;

-- name: Truncate :exec
TRUNCATE cars;
