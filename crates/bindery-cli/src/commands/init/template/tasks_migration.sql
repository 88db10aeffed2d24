-- +goose Up
CREATE TABLE tasks (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title text NOT NULL,
    note  text,
    done  boolean NOT NULL DEFAULT false
);

-- +goose Down
DROP TABLE tasks;
