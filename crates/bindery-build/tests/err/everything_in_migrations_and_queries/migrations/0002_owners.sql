-- +goose Up
CREATE TABLE owners (id bigit);
