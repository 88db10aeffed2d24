-- name: FindCar :many
SELECT car FROM grades;
