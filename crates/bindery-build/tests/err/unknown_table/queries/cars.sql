-- name: ListTrucks :many
SELECT id FROM trucks;
