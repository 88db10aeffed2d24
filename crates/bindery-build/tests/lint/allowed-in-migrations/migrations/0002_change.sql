-- +goose Up
-- bindery: allow change-type-rewrites, set-not-null-scan
-- The table is small: bindery: allow nothing is no such line.
ALTER TABLE cars ALTER COLUMN id TYPE bigint;
ALTER TABLE cars ALTER COLUMN owner_id TYPE integer;
