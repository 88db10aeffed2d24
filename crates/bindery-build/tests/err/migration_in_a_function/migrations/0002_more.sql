-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION wheels() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT wheels FROM cars);
END
$$;
-- +goose StatementEnd
CREATE TABLE report AS SELECT wheels();
