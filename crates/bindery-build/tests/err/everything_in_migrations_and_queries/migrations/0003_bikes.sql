-- +goose Up
CREATE TABLE bikes (id bigit);
