-- name: FindCar :opt
SELECT id, search FROM cars WHERE search = @search::tsvector;
