-- +goose Up
CREATE TYPE severity AS ENUM ('cosmetic', 'minor', 'unsafe');

CREATE TABLE damage_reports (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    car_id      bigint NOT NULL REFERENCES cars,
    trip_id     bigint REFERENCES trips,    -- NULL: found at the station
    severity    severity NOT NULL,
    description text NOT NULL,
    photo       bytea,
    reported_at timestamptz NOT NULL DEFAULT now(),
    repaired_at timestamptz
);

CREATE INDEX damage_reports_open ON damage_reports (car_id) WHERE repaired_at IS NULL;

-- +goose Down
DROP TABLE damage_reports;
DROP TYPE severity;
