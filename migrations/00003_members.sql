-- +goose Up
CREATE TYPE member_status AS ENUM ('pending', 'active', 'suspended', 'closed');

CREATE TABLE members (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    given_name     text NOT NULL,
    family_name    text NOT NULL,
    full_name      text NOT NULL GENERATED ALWAYS AS (given_name || ' ' || family_name) STORED,
    email          email NOT NULL,
    phone          text,
    born_on        date NOT NULL,
    licence_number text NOT NULL UNIQUE,
    licence_until  date NOT NULL,
    status         member_status NOT NULL DEFAULT 'pending',
    joined_at      timestamptz NOT NULL DEFAULT now()
);

-- Whoever closed an account may come back with the same address.
CREATE UNIQUE INDEX members_email ON members (lower(email)) WHERE status <> 'closed';

-- +goose Down
DROP TABLE members;
DROP TYPE member_status;
