-- +goose Up
CREATE TABLE cars (
    id bigint PRIMARY KEY,
    plate text NOT NULL,
    owner_id bigint,
    search tsvector
);

-- +goose Down
DROP TABLE cars;
