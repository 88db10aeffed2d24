SELECT 1;

-- name: ListTrucks :many
SELECT id FROM trucks;

-- name: FindCar :maybe
SELECT id FROM cars;

-- name: FindWheels :many
SELECT wheels FROM cars;

-- name: ListGrants :many
SELECT '=r/postgres'::aclitem AS grant;
