-- name: FindCar :opt
-- Über alles.
SELECT id,
	'🚗',	wheels
FROM cars
WHERE plate = @plate;
