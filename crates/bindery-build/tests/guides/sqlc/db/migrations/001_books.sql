-- +goose Up
CREATE TABLE books (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    isbn text NOT NULL UNIQUE,
    title text NOT NULL,
    published_on date
);

-- +goose Down
DROP TABLE books;
