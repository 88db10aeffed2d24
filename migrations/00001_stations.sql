-- +goose Up

-- Regions form a tree: country, city, district.
CREATE TABLE regions (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id bigint REFERENCES regions,
    name      text NOT NULL
);

CREATE TABLE stations (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    region_id bigint NOT NULL REFERENCES regions,
    name      text NOT NULL UNIQUE,
    latitude  double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    bays      smallint NOT NULL CHECK (bays > 0),
    opens_at  time,    -- NULL: open all night
    closes_at time,
    amenities text[] NOT NULL DEFAULT '{}',
    CHECK ((opens_at IS NULL) = (closes_at IS NULL))
);

-- +goose Down
DROP TABLE stations;
DROP TABLE regions;
