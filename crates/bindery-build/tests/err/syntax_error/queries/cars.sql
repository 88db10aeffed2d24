-- name: FindCar :opt
SELECT id, plate
FORM cars
WHERE plate = @plate;
