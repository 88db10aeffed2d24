-- +goose Up
CREATE DOMAIN plate AS text NOT NULL CHECK (length(VALUE) < 12);
CREATE TYPE car_status AS ENUM ('free', 'gone');
CREATE TABLE cars (id serial PRIMARY KEY, plate plate UNIQUE, status car_status NOT NULL DEFAULT 'free', note text);
