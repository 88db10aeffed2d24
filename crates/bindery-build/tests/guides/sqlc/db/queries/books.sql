-- name: AddBook :one
INSERT INTO books (isbn, title, published_on)
VALUES ($1, $2, sqlc.narg(published_on))
RETURNING *;

-- name: GetBook :one
SELECT * FROM books WHERE isbn = $1;

-- name: ListBooks :many
SELECT * FROM books WHERE id = ANY(@ids) ORDER BY title;

-- name: RenameBook :execrows
UPDATE books SET title = @title WHERE isbn = @isbn;
