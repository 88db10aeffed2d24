CREATE TABLE bikes (id bigint);
-- +goose Up
