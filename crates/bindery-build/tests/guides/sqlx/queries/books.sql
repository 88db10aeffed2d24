-- name: FindBook :opt
SELECT id, title FROM books WHERE isbn = $1;

-- name: RenameBook :execrows
UPDATE books SET title = $1 WHERE id = $2;

-- name: ListLoans :many
SELECT books.title, loans.member FROM books
LEFT JOIN loans ON loans.book_id = books.id ORDER BY books.title;
