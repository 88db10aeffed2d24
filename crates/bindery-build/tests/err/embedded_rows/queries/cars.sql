-- name: InsideOfAnExpression :many
SELECT count(sqlc.embed(cars)) FROM cars;

-- name: InASubquery :many
SELECT s.id FROM (SELECT sqlc.embed(cars) FROM cars) s;

-- name: NotInEachSelect :many
SELECT sqlc.embed(cars), 1 AS n FROM cars UNION ALL SELECT *, 2 FROM cars;

-- name: NotInTheFirst :many
SELECT *, 1 AS n FROM cars UNION ALL SELECT sqlc.embed(cars), 2 FROM cars;

-- name: PartOfATable :many
SELECT sqlc.embed(s), 1 AS n FROM (SELECT id, plate FROM cars) s;

-- name: OfAFunction :many
SELECT sqlc.embed(g) FROM generate_series(1, 3) g;

-- name: OfTheSystem :many
SELECT sqlc.embed(n), 1 AS n FROM pg_namespace n;

-- name: JoinedInside :many
SELECT sqlc.embed(s) FROM (SELECT c.* FROM cars a LEFT JOIN cars c ON c.id = a.id + 1) s;

-- name: GroupingSets :many
SELECT sqlc.embed(r) FROM refuels r GROUP BY GROUPING SETS ((car_id), (car_id, litres));

-- name: NoSuchTable :many
SELECT sqlc.embed(bikes) FROM cars;

-- name: ColumnOfIt :many
-- @column plate: type = crate::Plate
SELECT sqlc.embed(cars), 1 AS n FROM cars;

-- name: TypeOfIt :many
-- @column car: type = crate::Car
SELECT sqlc.embed(cars), 1 AS n FROM cars;

-- name: Misspelt :many
-- @column cra: nullable
SELECT sqlc.embed(cars), 1 AS n FROM cars;

-- name: TwoNames :many
SELECT sqlc.embed(a, b) FROM cars;
