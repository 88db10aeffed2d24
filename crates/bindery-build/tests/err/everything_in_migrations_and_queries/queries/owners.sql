-- name: ListOwners :many
SELECT 'open FROM owners;
