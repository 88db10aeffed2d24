-- name: Clear :exec
UPDATE cars
SET note = '🚗';

-- name: ClearSome :exec
WITH gone AS (
    DELETE FROM owners WHERE id = @owner_id RETURNING id
), /* all of them */ changed AS (UPDATE cars SET note = @note)
SELECT count(*) FROM gone;

-- name: ClearAll :exec
UPDATE cars SET note = NULL WHERE true;

-- name: Reset :exec
-- @allow: update-without-where
UPDATE cars SET note = '';
