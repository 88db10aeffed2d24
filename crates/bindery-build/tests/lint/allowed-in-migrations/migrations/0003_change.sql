-- +goose Up
-- bindery: allow change-type
ALTER TABLE cars ALTER COLUMN id TYPE integer;
