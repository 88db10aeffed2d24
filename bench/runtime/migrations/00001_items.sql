-- +goose Up
CREATE TABLE items (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    note text,
    price float8 NOT NULL,
    quantity int NOT NULL,
    created_at timestamptz NOT NULL
);

-- For inserts and loads; the benchmark empties them.
CREATE TABLE inserts (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    note text,
    price float8 NOT NULL,
    quantity int NOT NULL,
    created_at timestamptz NOT NULL
) WITH (autovacuum_enabled = false);

CREATE TABLE loads (LIKE items) WITH (autovacuum_enabled = false);

-- +goose Down
DROP TABLE loads, inserts, items;
