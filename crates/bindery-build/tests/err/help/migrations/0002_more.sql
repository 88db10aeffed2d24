-- +goose Up
CREATE TYPE colour AS ENUM ('red', 'green', 'ice blue');
CREATE SCHEMA fleet;
CREATE TABLE owners (id bigint PRIMARY KEY, name text NOT NULL, "Birth Day" date);
CREATE TABLE fleet.bikes (id bigint PRIMARY KEY, hue colour NOT NULL);
CREATE TABLE paints (car bigint NOT NULL, colour colour NOT NULL, hex text NOT NULL);
CREATE FUNCTION service_price(car bigint, days integer) RETURNS integer LANGUAGE SQL AS 'SELECT 1';
CREATE FUNCTION service_price(plate text) RETURNS integer LANGUAGE SQL AS 'SELECT 1';
CREATE FUNCTION fleet.service(car bigint) RETURNS integer LANGUAGE SQL AS 'SELECT 1';
