-- +goose Up
CREATE TABLE refuels (car_id bigint NOT NULL, litres int NOT NULL);
