-- +goose Up
CREATE TYPE colour AS ENUM ('red');
CREATE DOMAIN licence AS text;
