-- +goose Up
CREATE TABLE reviews (
    booking_id bigint PRIMARY KEY REFERENCES bookings,
    stars      smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    comment    text,
    written_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE members ADD COLUMN referred_by uuid REFERENCES members;

-- +goose Down
ALTER TABLE members DROP COLUMN referred_by;
DROP TABLE reviews;
