-- +goose Up
CREATE TABLE trips (car_id int NOT NULL, day date NOT NULL, km numeric(8, 1)) PARTITION BY RANGE (day);
CREATE TABLE trips_2026 PARTITION OF trips FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE unused (id int);
