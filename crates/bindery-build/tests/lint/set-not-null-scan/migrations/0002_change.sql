-- +goose Up
ALTER TABLE cars ALTER COLUMN note SET NOT NULL;
-- The safe way, but for the migrations that it should be cut into.
ALTER TABLE cars ADD CONSTRAINT priced CHECK (price IS NOT NULL) NOT VALID;
ALTER TABLE cars VALIDATE CONSTRAINT priced;
ALTER TABLE cars ALTER COLUMN price SET NOT NULL;
