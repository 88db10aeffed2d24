-- name: Echo :many
SELECT id FROM cars WHERE @anything IS NULL;
