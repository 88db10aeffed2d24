-- name: WithoutNote :many
SELECT plate FROM cars WHERE plate = @plate AND note = NULL;

-- name: WithPrice :many
SELECT plate FROM cars WHERE price NOT IN (1, NULL);
