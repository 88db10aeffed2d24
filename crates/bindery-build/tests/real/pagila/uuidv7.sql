-- Pagila is dumped from PostgreSQL 18, which has this function; where it is missing, any uuid will do.
DO $$
BEGIN
    IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
        CREATE FUNCTION pg_catalog.uuidv7() RETURNS uuid LANGUAGE sql AS 'SELECT pg_catalog.gen_random_uuid()';
    END IF;
END
$$;
