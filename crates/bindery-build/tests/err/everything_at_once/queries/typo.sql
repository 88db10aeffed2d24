-- name: Typo :many
SELEC 1;
