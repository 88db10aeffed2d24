-- +goose Up
CREATE TABLE owners (id bigint);
