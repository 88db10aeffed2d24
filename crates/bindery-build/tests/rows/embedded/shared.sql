-- name: ListSummaries :many
-- @row CarSummary
SELECT c.id, c.plate, sqlc.embed(o) FROM cars c LEFT JOIN owners o ON o.id = c.owner_id ORDER BY c.id;

-- name: FindSummary :opt
-- @row CarSummary
SELECT c.id, c.plate, sqlc.embed(o) FROM cars c LEFT JOIN owners o ON o.id = c.owner_id WHERE c.id = $1;

-- name: Backwards :many
-- @row BackwardsOwner into Owner
SELECT email, name, id FROM owners ORDER BY id;

-- name: ListPlates :many
-- @row Plate
SELECT plate FROM cars ORDER BY id;

-- name: CarsOfOwners :many
SELECT sqlc.embed(o), array_agg(c ORDER BY c.id) FILTER (WHERE c.id IS NOT NULL) AS cars
FROM owners o LEFT JOIN cars c ON c.owner_id = o.id GROUP BY o.id ORDER BY o.id;

-- name: OwnerWithCars :opt
SELECT sqlc.embed(o), ARRAY(SELECT c FROM cars c WHERE c.owner_id = o.id ORDER BY c.id) AS cars,
       (SELECT n FROM notes n WHERE n.car_id = o.id) AS note
FROM owners o WHERE o.id = $1;

-- name: Lateral :many
-- @column cars: elements not null
SELECT o.id, coalesce(l.cars, '{}') AS cars, l.cars[1] AS first
FROM owners o
LEFT JOIN LATERAL (SELECT array_agg(c ORDER BY c.id) AS cars FROM cars c WHERE c.owner_id = o.id) l ON true
ORDER BY o.id;

-- name: AnyValue :one
SELECT ARRAY[ROW(NULL, NULL, NULL, NULL, NULL)::cars] AS cars;

-- name: ByJson :many
-- @column cars: type = Vec<crate::db::Car>
SELECT o.id, coalesce(json_agg(c ORDER BY c.id) FILTER (WHERE c.id IS NOT NULL), '[]') AS cars
FROM owners o LEFT JOIN cars c ON c.owner_id = o.id GROUP BY o.id ORDER BY o.id;
