-- +goose Up
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE DOMAIN plate AS text CHECK (VALUE <> '');
CREATE TABLE cars (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plate plate NOT NULL UNIQUE,
    note text,
    colour colour,
    tags text[] NOT NULL DEFAULT '{}' CHECK (array_position(tags, NULL) IS NULL),
    labels text[],
    km int NOT NULL,
    doubled int GENERATED ALWAYS AS (km * 2) STORED,
    seen timestamptz CHECK (seen IS NOT NULL),
    gone timestamptz
);
CREATE UNIQUE INDEX ON cars (lower(note)) WHERE gone IS NULL;
CREATE TABLE trips (
    id bigint PRIMARY KEY,
    car_id bigint REFERENCES cars,
    km int NOT NULL,
    driver text
);
CREATE TABLE events (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE events_all PARTITION OF events (what NOT NULL) DEFAULT;
CREATE VIEW car_trips AS SELECT c.id, c.plate, c.note, t.km, t.driver FROM cars c LEFT JOIN trips t ON t.car_id = c.id;
CREATE MATERIALIZED VIEW plates AS SELECT id, plate, note FROM cars;
CREATE FUNCTION total(car bigint) RETURNS bigint LANGUAGE sql STABLE
    AS 'SELECT count(*) FROM trips WHERE car_id = car';
CREATE FUNCTION all_cars() RETURNS SETOF cars LANGUAGE sql STABLE AS 'SELECT * FROM cars';
