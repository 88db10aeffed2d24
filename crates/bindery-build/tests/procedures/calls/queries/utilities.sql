-- name: DoNothing :exec
DO $$ BEGIN PERFORM 1; END $$;

-- name: DoCommit :exec
DO $$ BEGIN COMMIT; END $$;

-- name: DoRaise :exec
DO $$ BEGIN IF NOT EXISTS (SELECT FROM bookings) THEN RAISE EXCEPTION 'no bookings'; END IF; END $$;

-- name: Refresh :exec
REFRESH MATERIALIZED VIEW plates;

-- name: RefreshConcurrently :exec
REFRESH MATERIALIZED VIEW CONCURRENTLY plates;

-- name: Clear :exec
TRUNCATE bookings;

-- name: Listen :exec
LISTEN booked;

-- name: Notify :exec
NOTIFY booked, 'now';

-- name: Unlisten :exec
UNLISTEN booked;

-- name: Lock :exec
LOCK TABLE bookings IN SHARE MODE;

-- name: Analyze :exec
ANALYZE bookings;

-- name: Vacuum :exec
VACUUM bookings;
