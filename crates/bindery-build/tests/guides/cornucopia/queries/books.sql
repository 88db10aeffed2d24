-- name: AddBook :one
INSERT INTO books (isbn, title, published_on)
VALUES (@isbn, @title, @published_on)
RETURNING *;

-- name: FindBook :opt
SELECT * FROM books WHERE isbn = @isbn;

-- name: ListLoans :many
SELECT books.title, loans.member
FROM books
LEFT JOIN loans ON loans.book_id = books.id
ORDER BY books.title;

-- name: RenameBook :execrows
UPDATE books SET title = @title WHERE isbn = @isbn;
