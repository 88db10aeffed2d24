-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE owners (id bigint PRIMARY KEY);
ALTER TABLE cars ADD FOREIGN KEY (owner_id)
    REFERENCES ownres (id);
