-- +goose Up
CREATE SCHEMA ext;
CREATE SCHEMA odd;
-- extensions

CREATE TYPE mood AS ENUM ('sad', 'ok', 'very happy', 'ä "quoted" \ label', '', 'unknown');
CREATE TYPE odd.mood AS ENUM ('sad', 'furious');
CREATE TYPE odd."Mixed Case" AS ENUM ('A', 'a', 'b-c', 'b c');

CREATE DOMAIN word AS text CHECK (length(VALUE) < 1000);
CREATE DOMAIN day_list AS date[];
CREATE DOMAIN amounts AS numeric[];

CREATE TYPE address AS (street text, "House Number" int, words word[], moods mood[], since date);
CREATE DOMAIN home AS address;
CREATE DOMAIN ages AS int4range CHECK (NOT isempty(VALUE) OR true);
CREATE DOMAIN some_mood AS odd.mood;
CREATE DOMAIN feeling AS some_mood;
CREATE TYPE person AS (name word, home home, other address[], alive int4range, mood odd.mood, amount numeric(8, 2));

CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE word_range AS RANGE (subtype = text, collation = "C");

-- A type that is refused does no harm where only its text is passed.
CREATE TYPE grant_of AS (grantee text, acl aclitem);
CREATE DOMAIN grants AS grant_of;
CREATE TABLE granted (grants grants NOT NULL);

CREATE TABLE prices (id int PRIMARY KEY, price numeric(12, 4), big numeric(40, 2), list numeric(6, 3)[]);
