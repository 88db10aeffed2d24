-- name: Cheaper :many
SELECT plate FROM cars WHERE note <> '' AND id = @id::numeric;

-- name: ById :many
SELECT plate FROM cars WHERE id = @id;
