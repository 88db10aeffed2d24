-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION any_record(id integer) RETURNS record LANGUAGE sql IMMUTABLE AS $$ SELECT id, 'record'::text $$;
CREATE FUNCTION any_records() RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$ SELECT 1, 'record'::text $$;
CREATE FUNCTION two_columns(a integer) RETURNS TABLE (x integer, y text) LANGUAGE sql IMMUTABLE AS $$ SELECT a, 'y'::text $$;
CREATE FUNCTION either(a anyelement, b anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT coalesce(a, b)';
CREATE FUNCTION raises() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE PROCEDURE park(car bigint, place text) LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE count_cars(INOUT counted bigint, OUT remark text) LANGUAGE plpgsql AS 'BEGIN END';
-- +goose StatementEnd
