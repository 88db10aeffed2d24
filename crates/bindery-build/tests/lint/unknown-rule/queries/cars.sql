-- name: Clear :exec
-- @allow: delete-without-were, everything
DELETE FROM cars;
