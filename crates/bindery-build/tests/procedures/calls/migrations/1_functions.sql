-- +goose Up
-- +goose StatementBegin
CREATE SCHEMA fleet;

CREATE TYPE spot AS (x integer, label text);

CREATE TABLE cars (id integer PRIMARY KEY, plate text NOT NULL, seats integer);
INSERT INTO cars VALUES (1, 'KA 1', 4), (2, 'KA 2', NULL), (3, 'S 3', 2);

CREATE TABLE bookings (car_id integer NOT NULL, note text);

CREATE MATERIALIZED VIEW plates AS SELECT plate FROM cars WITH NO DATA;
CREATE UNIQUE INDEX ON plates (plate);

-- What a function gives: RETURNS TABLE, OUT, SETOF.

CREATE FUNCTION cars_like(prefix text, min_seats integer DEFAULT 0)
RETURNS TABLE (id integer, plate text, seats integer) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT c.id, c.plate, c.seats FROM cars c
                 WHERE starts_with(c.plate, prefix) AND coalesce(c.seats, 0) >= min_seats ORDER BY c.id;
END $$;

CREATE FUNCTION cars_by_body(prefix text)
RETURNS TABLE (id integer, plate text, seats integer) LANGUAGE sql STABLE AS $$
    SELECT c.id, c.plate, c.seats FROM cars c WHERE starts_with(c.plate, prefix) ORDER BY c.id
$$;

CREATE FUNCTION no_one() RETURNS TABLE (id integer, plate text) LANGUAGE plpgsql AS $$
BEGIN
    id := NULL; plate := NULL; RETURN NEXT;
END $$;

CREATE FUNCTION split_name(full_name text, OUT first_name text, OUT last_name text) LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    first_name := split_part(full_name, ' ', 1);
    last_name := nullif(split_part(full_name, ' ', 2), '');
END $$;

CREATE FUNCTION twice(a integer, OUT doubled integer) LANGUAGE sql IMMUTABLE AS 'SELECT 2 * a';

CREATE FUNCTION next_step(INOUT step integer, OUT label text) LANGUAGE sql IMMUTABLE AS $$
    SELECT step + 1, 'step ' || step
$$;

CREATE FUNCTION spots(count integer) RETURNS SETOF spot LANGUAGE sql IMMUTABLE AS $$
    SELECT n, 'spot ' || n FROM generate_series(1, count) n
$$;

CREATE FUNCTION spot_at(x integer, label text) RETURNS spot LANGUAGE sql IMMUTABLE AS 'SELECT x, label';

-- NULL for a negative number.
CREATE FUNCTION spot_or_null(x integer) RETURNS spot LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF x < 0 THEN RETURN NULL; END IF;
    RETURN ROW(x, NULL)::spot;
END $$;

CREATE FUNCTION all_cars(min_id integer) RETURNS SETOF cars LANGUAGE sql STABLE AS $$
    SELECT * FROM cars WHERE cars.id >= min_id ORDER BY cars.id
$$;

CREATE FUNCTION empty_cars(count integer) RETURNS SETOF cars LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE nobody cars;
BEGIN
    FOR _ IN 1..count LOOP RETURN NEXT nobody; END LOOP;
END $$;

CREATE FUNCTION any_record(id integer) RETURNS record LANGUAGE sql IMMUTABLE AS $$ SELECT id, 'record'::text $$;

CREATE FUNCTION any_records(count integer) RETURNS SETOF record LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN QUERY SELECT n, 'record ' || n FROM generate_series(1, count) n;
END $$;

CREATE FUNCTION numbers(up_to integer) RETURNS SETOF integer LANGUAGE sql IMMUTABLE AS 'SELECT generate_series(1, up_to)';

CREATE FUNCTION numbers_or_null(up_to integer) RETURNS SETOF integer LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    FOR n IN 1..up_to LOOP RETURN NEXT nullif(n, 2); END LOOP;
END $$;

-- What it takes: VARIADIC, any type, no NULL, defaults.

CREATE FUNCTION total(VARIADIC amounts integer[]) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    'SELECT coalesce(sum(amount), 0)::bigint FROM unnest(amounts) amount';

CREATE FUNCTION first_of(list anyarray) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT list[1]';

CREATE FUNCTION either(a anyelement, b anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT coalesce(a, b)';

CREATE FUNCTION as_pair(a anyelement, OUT one anyelement, OUT many anyarray) LANGUAGE sql IMMUTABLE AS
    'SELECT a, ARRAY[a]';

CREATE FUNCTION strictly(a integer, b integer) RETURNS integer LANGUAGE sql STRICT IMMUTABLE AS 'SELECT coalesce(a, b)';

CREATE FUNCTION greet(name text, greeting text DEFAULT 'Hello', mark text DEFAULT '!') RETURNS text
LANGUAGE sql IMMUTABLE RETURN greeting || ' ' || name || mark;

CREATE FUNCTION seats_of(car integer) RETURNS TABLE (id integer, seats integer) LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT c.id, coalesce(c.seats, 0) FROM cars c WHERE c.id = car;
END;

CREATE FUNCTION kind_of(value integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'number'::text $$;
CREATE FUNCTION kind_of(word text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT length(word)';

CREATE FUNCTION log_note(note text) RETURNS void LANGUAGE sql AS 'INSERT INTO bookings VALUES (0, note)';
CREATE FUNCTION log_in_plpgsql(note text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bookings VALUES (0, note);
END $$;

CREATE FUNCTION times(state float8, factor float8) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT AS 'SELECT state * factor';
CREATE AGGREGATE product(factor float8) (SFUNC = times, STYPE = float8, INITCOND = '1');
CREATE FUNCTION append_word(state text, word text, separator text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT coalesce(state || separator, '') || word $$;
CREATE AGGREGATE words(word text, separator text) (SFUNC = append_word, STYPE = text);

-- Procedures.

CREATE PROCEDURE book(car integer, remark text) LANGUAGE sql AS 'INSERT INTO bookings VALUES (car, remark)';

CREATE PROCEDURE book_all(remark text DEFAULT NULL) LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO bookings SELECT id, remark FROM cars;
END;

CREATE PROCEDURE move_booking(car integer, INOUT target integer, OUT moved bigint, OUT remark text)
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE bookings SET car_id = target WHERE car_id = car;
    GET DIAGNOSTICS moved = ROW_COUNT;
    target := nullif(target, 0);
END $$;

CREATE PROCEDURE book_in_steps(first_car integer, last_car integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR car IN first_car..last_car LOOP
        INSERT INTO bookings VALUES (car, 'in steps');
        COMMIT;
    END LOOP;
END $$;

CREATE PROCEDURE commit_and_tell(car integer, INOUT booked integer) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bookings VALUES (car, 'told');
    COMMIT;
    booked := booked + 1;
END $$;

CREATE PROCEDURE commit_nothing() LANGUAGE plpgsql AS $$
BEGIN
    COMMIT;
END $$;

CREATE PROCEDURE fleet.note(value integer) LANGUAGE sql AS $$ INSERT INTO bookings VALUES (value, 'number') $$;
CREATE PROCEDURE fleet.note(word text, car integer DEFAULT 0) LANGUAGE sql AS 'INSERT INTO bookings VALUES (car, word)';

CREATE PROCEDURE note_each(remark text, VARIADIC cars integer[]) LANGUAGE sql AS
    'INSERT INTO bookings SELECT car, remark FROM unnest(cars) car';

CREATE PROCEDURE echo(INOUT value anyelement) LANGUAGE plpgsql AS 'BEGIN value := value; END';

CREATE PROCEDURE unnamed(integer, INOUT text) LANGUAGE sql AS 'SELECT $2 || $1';
-- +goose StatementEnd
