-- +goose Up
CREATE TABLE trips (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    booking_id     bigint NOT NULL UNIQUE REFERENCES bookings,
    car_id         bigint NOT NULL REFERENCES cars,
    started_at     timestamptz NOT NULL,
    ended_at       timestamptz,    -- NULL: on the road
    start_km       integer NOT NULL,
    end_km         integer,
    distance_km    integer GENERATED ALWAYS AS (end_km - start_km) STORED,
    end_station_id bigint REFERENCES stations,
    CHECK (end_km >= start_km),
    CHECK (ended_at >= started_at),
    CHECK ((ended_at IS NULL) = (end_km IS NULL))
);

CREATE UNIQUE INDEX trips_one_open_per_car ON trips (car_id) WHERE ended_at IS NULL;

-- +goose Down
DROP TABLE trips;
