CREATE TABLE books (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    isbn text NOT NULL UNIQUE,
    title text NOT NULL,
    published_on date
);
CREATE TABLE loans (
    book_id bigint NOT NULL REFERENCES books,
    member text NOT NULL
);
