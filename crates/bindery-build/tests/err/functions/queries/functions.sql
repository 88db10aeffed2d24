-- name: RecordSelected :one
SELECT any_record($1);

-- name: RecordsSelected :many
SELECT 1 AS one, any_records();

-- name: RecordWithoutColumns :one
SELECT * FROM any_record($1);

-- name: TwoColumnsSelected :many
SELECT two_columns($1);

-- name: Undetermined :one
SELECT either($1, $2);

-- name: OtherColumns :many
SELECT * FROM two_columns($1) AS t (x integer, y text);

-- name: NotForCalls :exec
SELECT raises();
