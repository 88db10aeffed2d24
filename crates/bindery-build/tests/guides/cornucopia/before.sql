--: Book(published_on?)

--! add_book (isbn, title, published_on?) : Book
INSERT INTO books (isbn, title, published_on)
VALUES (:isbn, :title, :published_on)
RETURNING *;

--! find_book : Book
SELECT * FROM books WHERE isbn = :isbn;

--! list_loans : (member?)
SELECT books.title, loans.member
FROM books
LEFT JOIN loans ON loans.book_id = books.id
ORDER BY books.title;

--! rename_book
UPDATE books SET title = :title WHERE isbn = :isbn;
