-- name: FindCar :opt
-- Positions lead back to this file, past a parameter and characters of several bytes.
SELECT id, 'Ünï🚗' AS wheels
FROM cars
WHERE plate = @plate AND ownerid = @owner_id;
