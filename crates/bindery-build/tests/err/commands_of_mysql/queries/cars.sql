# name: First :one
SELECT 1;

-- name: LastId :execlastid
INSERT INTO cars (plate) VALUES (@plate);

-- name: Third :one
SELECT 3;

#name: Fourth :one
SELECT 4;
