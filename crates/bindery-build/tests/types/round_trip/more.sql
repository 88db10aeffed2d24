-- name: Void :one
SELECT pg_sleep(0) AS nothing;

-- name: CString :one
SELECT enum_out('ok'::mood) AS text;

-- name: Major :one
SELECT current_setting('server_version_num')::int / 10000 AS major;

-- name: Matrix :one
-- @param value: type = bindery::Array<Option<i32>>
SELECT @value::int4[] AS value, @value::int4[]::text AS shown, @shown::text::int4[] AS read;

-- name: InsertGrant :execrows
INSERT INTO granted VALUES (@grants::text::grant_of);

-- name: AddMood :exec
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'added later';

-- name: LaterMood :one
SELECT 'added later'::text::mood AS mood;

-- name: AddAttribute :exec
ALTER TYPE address ADD ATTRIBUTE country text;

-- name: AnAddress :one
SELECT @value::address AS value, @shown::text::address AS read;
