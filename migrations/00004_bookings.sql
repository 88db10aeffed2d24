-- +goose Up
CREATE TYPE booking_status AS ENUM ('reserved', 'active', 'completed', 'cancelled');

CREATE TABLE tariffs (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name     text NOT NULL UNIQUE,
    per_hour numeric(8, 2) NOT NULL CHECK (per_hour >= 0),
    per_km   numeric(8, 2) NOT NULL CHECK (per_km >= 0),
    free_km  integer NOT NULL DEFAULT 0,
    shortest interval NOT NULL DEFAULT '1 hour'
);

-- No car is promised to two members at once. The range of a single id stands for its equality, which GiST
-- would know only with the extension btree_gist.
CREATE TABLE bookings (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    car_id     bigint NOT NULL REFERENCES cars,
    member_id  uuid NOT NULL REFERENCES members,
    tariff_id  bigint NOT NULL REFERENCES tariffs,
    status     booking_status NOT NULL DEFAULT 'reserved',
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    note       text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT bookings_period CHECK (ends_at > starts_at),
    CONSTRAINT bookings_no_overlap EXCLUDE USING gist (
        int8range(car_id, car_id, '[]') WITH &&,
        tstzrange(starts_at, ends_at) WITH &&
    ) WHERE (status IN ('reserved', 'active'))
);

-- +goose Down
DROP TABLE bookings;
DROP TABLE tariffs;
DROP TYPE booking_status;
