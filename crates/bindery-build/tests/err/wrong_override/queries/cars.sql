-- name: FindCar :opt
-- @param plait: not null
-- @column plate: sometimes
SELECT id, plate FROM cars WHERE plate = @plate;
