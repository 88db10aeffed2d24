-- name: Cars :many
SELECT sqlc.embed(cars) FROM cars -- @order embedded
SELECT * FROM cars                -- @order plain
LIMIT 10;
