-- +goose Up
CREATE TYPE payment_method AS ENUM ('card', 'direct_debit', 'invoice');
CREATE TYPE payment_status AS ENUM ('pending', 'settled', 'failed', 'refunded');

CREATE TABLE vouchers (
    code        text PRIMARY KEY,
    credit      numeric(8, 2) NOT NULL CHECK (credit > 0),
    uses_left   integer NOT NULL CONSTRAINT vouchers_used_up CHECK (uses_left >= 0),
    valid_until date
);

ALTER TABLE bookings ADD COLUMN voucher_code text REFERENCES vouchers;

CREATE TABLE payments (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    booking_id   bigint NOT NULL REFERENCES bookings,
    amount       numeric(10, 2) NOT NULL CHECK (amount >= 0),
    method       payment_method NOT NULL,
    status       payment_status NOT NULL DEFAULT 'pending',
    provider_ref text UNIQUE,    -- NULL: the provider has not answered yet
    receipt      jsonb,
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX payments_one_pending ON payments (booking_id) WHERE status = 'pending';

-- +goose Down
DROP TABLE payments;
ALTER TABLE bookings DROP COLUMN voucher_code;
DROP TABLE vouchers;
DROP TYPE payment_status;
DROP TYPE payment_method;
