-- +goose Up
CREATE TABLE owners (id bigint PRIMARY KEY);

-- The type is misspelt.
ALTER TABLE cars
    ADD COLUMN wheels bigit;

-- +goose Down
DROP TABLE owners;
