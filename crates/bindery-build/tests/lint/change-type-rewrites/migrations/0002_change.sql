-- +goose Up
ALTER TABLE cars ALTER COLUMN id TYPE bigint;
ALTER TABLE cars ALTER plate TYPE varchar(40), ALTER COLUMN note SET DATA TYPE varchar;
ALTER TABLE cars ALTER COLUMN plate TYPE text;
ALTER TABLE cars ALTER COLUMN price TYPE numeric(10, 2);
ALTER TABLE cars ALTER COLUMN price TYPE numeric(10, 3);
ALTER TABLE cars ALTER COLUMN plate TYPE character varying(10);
