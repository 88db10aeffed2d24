CREATE TABLE a (id int PRIMARY KEY, name text NOT NULL, note text, b_id int);
CREATE TABLE b (id int PRIMARY KEY, title text NOT NULL, a_id int NOT NULL);
INSERT INTO a VALUES (1, 'n1', NULL, 1), (2, 'n2', 'x', NULL), (3, 'n3', NULL, 2);
INSERT INTO b VALUES (1, 't1', 1), (2, 't2', 1), (3, 't3', 9);
CREATE VIEW v AS SELECT a.id, b.title FROM a LEFT JOIN b ON b.a_id = a.id;
CREATE TABLE parent (id int, x int);
CREATE TABLE child () INHERITS (parent);
ALTER TABLE ONLY parent ALTER COLUMN x SET NOT NULL;
INSERT INTO child VALUES (1, NULL);
CREATE FUNCTION plus(x int, y int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x + y';
CREATE FUNCTION plus_strict(x int, y int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT coalesce(x, y)';
CREATE FUNCTION note_of(i int) RETURNS text LANGUAGE sql STABLE AS 'SELECT name FROM a WHERE id = i';
CREATE FUNCTION all_a() RETURNS SETOF a LANGUAGE sql STABLE AS 'SELECT * FROM a';
CREATE FUNCTION pairs(OUT x int, OUT y text) RETURNS SETOF record LANGUAGE sql STABLE AS 'SELECT id, note FROM a';
CREATE FUNCTION opaque(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT AS 'BEGIN RETURN nullif(x, 2); END';
CREATE FUNCTION endless(x int) RETURNS int LANGUAGE sql STABLE AS 'SELECT CASE WHEN x > 0 THEN endless(x - 1) END';
CREATE FUNCTION as_time(t timestamp) RETURNS time LANGUAGE sql STABLE AS 'SELECT t';
CREATE DOMAIN filled AS int NOT NULL;
CREATE DOMAIN checked AS int CHECK (VALUE IS NOT NULL);
CREATE DOMAIN loose AS int CHECK (VALUE > 0);
CREATE TABLE promises (
    id int PRIMARY KEY,
    checked text CHECK (checked IS NOT NULL),
    loose int CHECK (loose > 0),
    both_set text,
    lengths int CHECK (lengths IS NOT NULL AND lengths > 0),
    of_id int GENERATED ALWAYS AS (id + 1) STORED,
    of_loose int GENERATED ALWAYS AS (loose + 1) STORED,
    of_domain filled,
    tags text[] NOT NULL CHECK (array_position(tags, NULL) IS NULL),
    labels text[] CHECK (num_nulls(VARIADIC labels) = 0),
    marks text[] NOT NULL CHECK (marks = array_remove(marks, NULL)),
    free text[] NOT NULL,
    unchecked text
);
ALTER TABLE promises ADD CHECK (both_set IS NOT NULL OR loose IS NOT NULL);
INSERT INTO promises VALUES (1, 'x', NULL, 'x', 1, DEFAULT, DEFAULT, 1, '{a}', NULL, '{b}', '{NULL}', NULL);
-- Documented in CREATE DOMAIN: a column of a NOT NULL domain can hold NULL.
INSERT INTO promises (id, checked, both_set, lengths, of_domain, tags, marks, free)
    VALUES (2, 'x', 'x', 1, (SELECT of_domain FROM promises WHERE false), '{}', '{}', '{}');
ALTER TABLE promises ADD CHECK (unchecked IS NOT NULL) NOT VALID;
CREATE TABLE part (id int NOT NULL, x int, y text NOT NULL) PARTITION BY LIST (id);
CREATE TABLE part_1 PARTITION OF part (x NOT NULL) FOR VALUES IN (1);
CREATE TABLE part_2 (y text NOT NULL, x int NOT NULL, id int NOT NULL);
ALTER TABLE part ATTACH PARTITION part_2 DEFAULT;
INSERT INTO part VALUES (1, 1, 'a'), (2, 2, 'b');
CREATE TABLE touched (id int PRIMARY KEY, x int, y int NOT NULL);
CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.x := NULL; RETURN NEW; END';
CREATE TRIGGER forget BEFORE INSERT OR UPDATE ON touched FOR EACH ROW EXECUTE FUNCTION forget();
INSERT INTO touched VALUES (1, 1, 1);
-- What a view has stored outlives what its tables allow.
CREATE TABLE late (id int NOT NULL, x int);
INSERT INTO late VALUES (1, NULL);
CREATE MATERIALIZED VIEW stored AS SELECT late.id, late.x, a.name FROM late JOIN a ON a.id = late.id;
DELETE FROM late;
ALTER TABLE late ALTER COLUMN x SET NOT NULL;
CREATE TABLE times (at timestamp NOT NULL, span interval NOT NULL, day date NOT NULL, j jsonb NOT NULL, n numeric NOT NULL);
INSERT INTO times VALUES ('infinity', '1 day', 'infinity', 'null', 'NaN'), ('2020-01-01', '0', '2020-01-01', '{"a": null}', 1);
CREATE TABLE secret (id int NOT NULL, x int);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON secret USING (x IS NOT NULL);
INSERT INTO secret VALUES (1, NULL);
CREATE VIEW writable AS SELECT id, name, note FROM a WHERE note IS NOT NULL;
CREATE TABLE keyed (
    id int PRIMARY KEY,
    x int NOT NULL,
    y text NOT NULL,
    z text,
    gone timestamptz,
    late int UNIQUE DEFERRABLE,
    part int NOT NULL,
    low int,
    free text,
    UNIQUE (x, y)
);
CREATE UNIQUE INDEX ON keyed (lower(z)) WHERE gone IS NULL;
CREATE UNIQUE INDEX ON keyed (part) WHERE x > 0 AND y = 'y';
CREATE UNIQUE INDEX ON keyed (low) WHERE low IS NOT NULL;
CREATE UNIQUE INDEX ON keyed (free COLLATE "C");
INSERT INTO keyed VALUES (1, 1, 'y', 'Z', NULL, 1, 1, 1, 'f'), (2, 2, 'y', 'z', now(), 2, 2, 2, 'g');
CREATE VIEW keyed_view AS SELECT k.id AS k_id, k.x, k.y, a.name FROM keyed k LEFT JOIN a ON a.id = k.x;
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE FUNCTION find_a(i int) RETURNS a LANGUAGE sql STABLE AS 'SELECT * FROM a WHERE id = i';
CREATE FUNCTION opaque_pairs(OUT x int, OUT y int) RETURNS SETOF record LANGUAGE plpgsql AS 'BEGIN RETURN QUERY SELECT 1, NULL::int; END';
CREATE TYPE pairs_of AS (x int, y int);
CREATE FUNCTION with_default(x int DEFAULT NULL) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x';
CREATE FUNCTION with_value(x int, y bigint DEFAULT 1, z text DEFAULT 'z') RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT x || z || y';
CREATE FUNCTION strict_default(x int, y int DEFAULT NULL) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT 1';
CREATE FUNCTION whole_row(x int) RETURNS pairs_of LANGUAGE sql IMMUTABLE AS 'SELECT x, NULL::int';
CREATE FUNCTION whole_rows(n int) RETURNS SETOF pairs_of LANGUAGE sql IMMUTABLE AS 'SELECT x, NULL::int FROM generate_series(1, n) x';
CREATE FUNCTION strict_row(x int) RETURNS pairs_of LANGUAGE sql IMMUTABLE STRICT AS 'SELECT 1, 2';
CREATE FUNCTION no_row(x int) RETURNS pairs_of LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION no_rows(x int) RETURNS SETOF pairs_of LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN NEXT NULL; END';
CREATE FUNCTION two_statements(x int) RETURNS int LANGUAGE sql AS 'SELECT NULL::int; SELECT coalesce(x, 1)';
CREATE FUNCTION atomic(x int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT x + 1; END;
CREATE FUNCTION elements(xs int[]) RETURNS SETOF int LANGUAGE sql IMMUTABLE AS 'SELECT unnest(xs)';
CREATE AGGREGATE added (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE AGGREGATE added_from_null (int) (SFUNC = int4pl, STYPE = int);
CREATE AGGREGATE halved (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', FINALFUNC = opaque);
CREATE AGGREGATE forgetful (int) (SFUNC = plus, STYPE = int, INITCOND = '0');
CREATE FUNCTION append_word(state text, word text, separator text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT state || separator || word';
CREATE AGGREGATE words (word text, separator text) (SFUNC = append_word, STYPE = text, INITCOND = '');
CREATE TYPE pair AS (x int, y int);
CREATE TABLE composed (id int NOT NULL, p pair NOT NULL, q pair);
INSERT INTO composed VALUES (1, ROW(NULL, 2), NULL);
