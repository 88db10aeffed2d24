-- name: LoadStations :copyfrom
-- Many stations at once, those of another operator that is taken over.
INSERT INTO stations (region_id, name, latitude, longitude, bays)
VALUES (@region_id, @name, @latitude, @longitude, @bays);

-- name: UpsertModels :batchone
-- The models' ids; what is known of them is brought up to date.
INSERT INTO models (make, name, fuel, seats)
VALUES (@make, @name, @fuel, @seats)
ON CONFLICT (make, name) DO UPDATE SET fuel = excluded.fuel, seats = excluded.seats
RETURNING id;

-- name: RelocateCars :batchexec
UPDATE cars SET station_id = @station_id WHERE id = @id;

-- name: FindStations :batchopt
-- Stations by their names.
SELECT id FROM stations WHERE name = @name;

-- name: ListPlates :batchmany
-- The plates of the cars at each of some stations.
SELECT plate FROM cars WHERE station_id = @station_id ORDER BY plate;

-- name: ExportCars :stream
-- The cars of an owner or of all, one by one: there may be more than fit into memory.
SELECT * FROM cars WHERE owner_id = coalesce(sqlc.narg(owner_id), owner_id) ORDER BY id;
