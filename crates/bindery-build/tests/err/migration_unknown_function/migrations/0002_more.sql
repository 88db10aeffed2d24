-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION normal(plate text) RETURNS text LANGUAGE sql AS $$
    SELECT uper(plate);
$$;
-- +goose StatementEnd
