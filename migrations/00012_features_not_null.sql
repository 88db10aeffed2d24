-- +goose Up
-- A feature that is NULL says nothing; without one the Rust type of the column is Vec<String>.
ALTER TABLE cars ADD CONSTRAINT features_not_null CHECK (array_position(features, NULL) IS NULL);

-- +goose Down
ALTER TABLE cars DROP CONSTRAINT features_not_null;
