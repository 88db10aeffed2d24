-- +goose Up
CREATE SCHEMA fleet;
CREATE EXTENSION hstore;
CREATE TYPE fleet.car_status AS ENUM ('free', 'rented', 'gone');
CREATE DOMAIN plate AS text NOT NULL CONSTRAINT plate_is_short CHECK (length(VALUE) < 12);
CREATE TYPE place AS (latitude float8, longitude float8);
CREATE TYPE weights AS RANGE (subtype = numeric);
CREATE TABLE owners (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL
);
CREATE TABLE fleet.cars (
    id serial PRIMARY KEY,
    plate plate UNIQUE,
    owner_id bigint NOT NULL REFERENCES owners,
    status fleet.car_status NOT NULL DEFAULT 'free',
    note varchar(20),
    seen place,
    doubled int GENERATED ALWAYS AS (2 * 21) STORED,
    CONSTRAINT note_is_told CHECK (note <> '')
);
CREATE INDEX cars_of_owner ON fleet.cars (owner_id);
CREATE VIEW free_cars AS
    SELECT c.id, c.plate FROM fleet.cars c JOIN owners o ON o.id = c.owner_id WHERE c.status = 'free';
CREATE MATERIALIZED VIEW plates AS SELECT plate FROM fleet.cars;
-- +goose StatementBegin
CREATE FUNCTION shout(word text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT upper(word)
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RETURN new;
END
$$;
-- +goose StatementEnd
CREATE AGGREGATE product(int) (sfunc = int4mul, stype = int, initcond = '1');
CREATE TRIGGER touched BEFORE UPDATE ON fleet.cars FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY everybody ON fleet.cars USING (true);
CREATE SEQUENCE tickets INCREMENT 5;
