-- name: LoadCars :copyfrom
INSERT INTO cars (id, plate) VALUES (@id, lower(@plate));

-- name: LoadNewCars :copyfrom
INSERT INTO cars (id, plate) VALUES (@id, @plate)
ON CONFLICT DO NOTHING;

-- name: LoadAll :copyfrom
INSERT INTO cars VALUES (@id, @plate);

-- name: CountCars :batchone
SELECT count(*) FROM cars;

-- name: InsertCars :batchmany
INSERT INTO cars (id, plate) VALUES (@id, @plate);
