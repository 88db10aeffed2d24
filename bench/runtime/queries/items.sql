-- name: FindItem :one
SELECT id, name, note, price, quantity, created_at FROM items WHERE id = @id;

-- name: ListItems :many
SELECT id, name, note, price, quantity, created_at FROM items WHERE id >= @first ORDER BY id LIMIT 1000;

-- name: InsertItem :one
INSERT INTO inserts (name, note, price, quantity, created_at)
VALUES (@name, @note, @price, @quantity, @created_at)
RETURNING id;

-- name: FindItems :batchone
SELECT id, name, note, price, quantity, created_at FROM items WHERE id = @id;

-- name: LoadItems :copyfrom
INSERT INTO loads (id, name, note, price, quantity, created_at)
VALUES (@id, @name, @note, @price, @quantity, @created_at);
