-- name: InsertRegion :one
-- Adds a region below another one, or at the top where `parent_id` is NULL.
INSERT INTO regions (parent_id, name)
VALUES (@parent_id, @name)
RETURNING id;

-- name: InsertStation :one
-- Opens a station. Hours that are NULL mean that it never closes.
INSERT INTO stations (region_id, name, latitude, longitude, bays, opens_at, closes_at, amenities)
VALUES (@region_id, @name, @latitude, @longitude, @bays, @opens_at, @closes_at, @amenities)
RETURNING *;

-- name: ListStationsBelow :many
-- The stations of a region and of every region inside it, with the way down the tree.
-- @column amenities: elements not null
WITH RECURSIVE below AS (
    SELECT id, name AS path
    FROM regions
    WHERE id = @region_id
    UNION ALL
    SELECT regions.id, below.path || ' / ' || regions.name
    FROM regions
    JOIN below ON regions.parent_id = below.id
)
SELECT below.path AS region, stations.id, stations.name, stations.bays, stations.amenities
FROM below
JOIN stations ON stations.region_id = below.id
ORDER BY below.path, stations.name;

-- name: NearestStations :many
-- The stations closest to a point, as the crow flies, that are open at the given time of day.
WITH distances AS (
    SELECT
        stations.*,
        6371 * acos(least(1,
            sin(radians(latitude)) * sin(radians(@latitude))
            + cos(radians(latitude)) * cos(radians(@latitude)) * cos(radians(longitude - @longitude))
        )) AS km
    FROM stations
)
SELECT id, name, km
FROM distances
WHERE opens_at IS NULL OR @at BETWEEN opens_at AND closes_at
ORDER BY km, id
LIMIT @most;

-- name: StationOccupancy :many
-- How many bays are taken, for every station: an empty one is listed too.
SELECT stations.name, stations.bays, count(cars.id) AS parked, stations.bays - count(cars.id) AS free
FROM stations
LEFT JOIN cars ON cars.station_id = stations.id AND cars.status <> 'retired'
GROUP BY stations.id
ORDER BY stations.name;
