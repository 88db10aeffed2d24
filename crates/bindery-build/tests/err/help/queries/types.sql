-- name: Misspelt :many
SELECT @x::bigit;

-- name: NearNothing :many
SELECT @x::licence;

-- name: Label :many
SELECT car FROM paints WHERE colour = 'gren';

-- name: LabelInAnotherCase :many
SELECT car FROM paints WHERE colour IN ('RED', 'green');

-- name: LabelNearNothing :many
SELECT car FROM paints WHERE colour = 'mauve';

-- name: NoType :many
SELECT id FROM cars WHERE @anything IS NULL;

-- name: NoTypeNumbered :many
SELECT id FROM cars WHERE $1 IS NULL;

-- name: Assigned :exec
INSERT INTO cars (id, plate) VALUES (@id::text, 'x');

-- name: AssignedByColumn :exec
UPDATE cars SET owner_id = plate WHERE id = @id;

-- name: AssignedByMore :exec
UPDATE cars SET owner_id = plate || 'x' WHERE id = @id;

-- name: Matched :many
SELECT id FROM cars UNION SELECT plate FROM cars;
