-- What River's own migrations add to the tables: which states a job's unique key counts in.
CREATE FUNCTION river_job_state_in_bitmask(bitmask bit(8), state river_job_state) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
        SELECT get_bit(bitmask, array_position(enum_range(NULL::public.river_job_state), state) - 1) = 1
    $$;

CREATE UNIQUE INDEX river_job_unique_idx ON river_job (unique_key)
    WHERE unique_key IS NOT NULL
        AND unique_states IS NOT NULL
        AND river_job_state_in_bitmask(unique_states, state);
