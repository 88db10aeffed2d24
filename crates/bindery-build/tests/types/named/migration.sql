-- +goose Up
CREATE TYPE level AS ENUM ('low', 'very high');
CREATE TYPE place AS (city text, photo bytea, extra jsonb);
CREATE DOMAIN plate AS text CHECK (VALUE <> '' AND length(VALUE) <= 8) CHECK (VALUE ~ '^[A-Z0-9-]*$');
CREATE DOMAIN percent AS int CHECK (VALUE >= 0 AND VALUE <= 100);
CREATE DOMAIN preferences AS jsonb CHECK (jsonb_typeof(VALUE) = 'object');

CREATE TABLE events (
    id bigint PRIMARY KEY,
    payload jsonb NOT NULL,
    note jsonb,
    version text NOT NULL,
    plate plate NOT NULL,
    percent percent,
    preferences preferences,
    level level NOT NULL,
    place place,
    photo bytea,
    cost numeric(10, 2) NOT NULL,
    any_number numeric,
    lasts interval NOT NULL,
    owner_email text NOT NULL,
    tags text[] NOT NULL DEFAULT '{}'
);
