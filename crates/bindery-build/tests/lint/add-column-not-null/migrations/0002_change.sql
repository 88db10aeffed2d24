-- +goose Up
ALTER TABLE cars
    ADD COLUMN doors integer NOT NULL,
    ADD seats smallint NOT NULL DEFAULT 5,
    ADD COLUMN IF NOT EXISTS "not null" text;
ALTER TABLE public.owners ADD code text NOT NULL CHECK (code <> '');
