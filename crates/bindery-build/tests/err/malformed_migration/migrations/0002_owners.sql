-- +goose Up
CREATE TABLE owners (id bigint PRIMARY KEY)

-- +goose Down
DROP TABLE owners;
