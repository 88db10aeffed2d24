-- name: RemoveCar :exec
UPDATE cars SET owner_id = NULL WHERE id = @id;
DELETE FROM cars WHERE id = @id;
