-- +goose Up
CREATE TABLE owners (id bigint PRIMARY KEY, birth_day date);
CREATE INDEX ON owners (birthday);
