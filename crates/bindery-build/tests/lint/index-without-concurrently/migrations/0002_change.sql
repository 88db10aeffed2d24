-- +goose Up
CREATE INDEX IF NOT EXISTS cars_price ON ONLY public.cars (price);
CREATE UNIQUE INDEX ON cars USING btree (price);
CREATE TABLE "Trips" (id bigint PRIMARY KEY);
CREATE INDEX ON "Trips" (id);
ALTER TABLE "Trips" RENAME TO trips;
CREATE INDEX ON trips (id);

-- +goose Down
CREATE INDEX ON cars (note);
