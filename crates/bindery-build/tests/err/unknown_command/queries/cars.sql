-- name: ListCars :all
SELECT id FROM cars;
