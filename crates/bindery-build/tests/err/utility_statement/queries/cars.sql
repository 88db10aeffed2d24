-- name: MakeTable :exec
CREATE TABLE cars (id bigint);
