-- name: Wait :exec
SELECT pg_sleep($1);

-- name: ToPlate :one
-- What is assigned to a domain cannot be NULL, even to be planned.
SELECT @plate::plate AS plate;
