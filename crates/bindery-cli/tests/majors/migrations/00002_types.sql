-- +goose Up
CREATE TYPE mood AS ENUM ('sad', 'very happy');
CREATE DOMAIN word AS varchar(20) CHECK (VALUE <> '') CHECK (char_length(VALUE) BETWEEN 1 AND 10) CHECK (VALUE ~ '^\w');
CREATE DOMAIN share AS numeric(4, 3) CHECK (VALUE >= 0 AND VALUE <= 1 AND VALUE > -0.5);
CREATE DOMAIN weekday AS smallint NOT NULL CHECK (VALUE = ANY ('{1,2,3,4,5}'::smallint[]) OR VALUE IN (6, 7));
CREATE TYPE place AS (city word, moods mood[], area numeric(9, 2));
CREATE TYPE trip AS (start place, stops place[], days daterange);
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TABLE journeys (id int PRIMARY KEY, trip trip, spans span_multirange, share share, weekday weekday, words word[]);
