-- +goose Up
-- für alle
CREATE TABLE owners (id bigint);
