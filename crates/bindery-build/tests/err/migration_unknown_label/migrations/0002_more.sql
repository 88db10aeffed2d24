-- +goose Up
CREATE TYPE colour AS ENUM ('red', 'green');
ALTER TABLE cars ADD COLUMN colour colour NOT NULL DEFAULT 'gren';
