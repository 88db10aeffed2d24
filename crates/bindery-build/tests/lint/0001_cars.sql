-- +goose Up
CREATE TABLE owners (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    car_id integer
);

CREATE TABLE cars (
    id integer PRIMARY KEY,
    plate varchar(20) NOT NULL UNIQUE,
    owner_id bigint NOT NULL REFERENCES owners,
    note text,
    price numeric(8, 2) CHECK (price > 0)
);

-- The database is new here: nothing is told.
CREATE INDEX ON cars (note);
ALTER TABLE cars ADD CHECK (note <> '');
