-- +goose Up
CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@[:space:]]+@[^@[:space:]]+$');
CREATE DOMAIN plate AS text CHECK (VALUE ~ '^[A-Z]{1,3}-[A-Z0-9]{1,6}$');

CREATE TYPE fuel AS ENUM ('petrol', 'diesel', 'hybrid', 'electric');
CREATE TYPE car_status AS ENUM ('in_service', 'maintenance', 'retired');

CREATE TABLE owners (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      text NOT NULL,
    email     email NOT NULL UNIQUE,
    iban      text,    -- NULL: nothing can be paid out yet
    share     numeric(4, 3) NOT NULL DEFAULT 0.700 CHECK (share BETWEEN 0 AND 1),
    joined_on date NOT NULL DEFAULT current_date
);

CREATE TABLE models (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    make  text NOT NULL,
    name  text NOT NULL,
    fuel  fuel NOT NULL,
    seats smallint NOT NULL CHECK (seats BETWEEN 1 AND 9),
    UNIQUE (make, name)
);

CREATE TABLE cars (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id    bigint NOT NULL REFERENCES owners,
    model_id    bigint NOT NULL REFERENCES models,
    station_id  bigint REFERENCES stations,    -- NULL: on the road
    plate       plate NOT NULL UNIQUE,
    status      car_status NOT NULL DEFAULT 'in_service',
    odometer_km integer NOT NULL DEFAULT 0 CHECK (odometer_km >= 0),
    features    text[] NOT NULL DEFAULT '{}',
    extras      jsonb
);

CREATE INDEX cars_station ON cars (station_id) WHERE status = 'in_service';

-- +goose Down
DROP TABLE cars;
DROP TABLE models;
DROP TABLE owners;
DROP TYPE car_status;
DROP TYPE fuel;
DROP DOMAIN plate;
DROP DOMAIN email;
