-- name: RemoveCar :one
DELETE FROM cars WHERE id = @id;
