-- name: ById :many
SELECT plate FROM cars WHERE id = @id;
