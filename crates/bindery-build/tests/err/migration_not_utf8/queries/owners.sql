-- name: ListOwners :many
SELECT id FROM owners;
