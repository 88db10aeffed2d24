-- +goose Up
CREATE TYPE car_status AS ENUM ('in_service', 'maintenance', 'retired');

CREATE TABLE cars (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plate text COLLATE "C" NOT NULL UNIQUE,
    status car_status NOT NULL,
    seats int NOT NULL,
    colour text COLLATE "C",
    settings jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE car_tags (
    car_id bigint NOT NULL REFERENCES cars,
    tag text NOT NULL,
    PRIMARY KEY (car_id, tag)
);
