-- +goose Up
CREATE INDEX ON owners (car_id);
CREATE INDEX ON cars (price);
