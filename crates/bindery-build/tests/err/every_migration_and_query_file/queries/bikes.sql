-- name: ListBikes :several
SELECT id FROM bikes;
