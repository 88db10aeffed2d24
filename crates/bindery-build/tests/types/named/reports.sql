-- name: Report :one
SELECT id, plate, level, photo, cost, any_number, lasts, owner_email::text AS owner_email, tags, int4range(1, 5) AS span
FROM events WHERE id = @id;
