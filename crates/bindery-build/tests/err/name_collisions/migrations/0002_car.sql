-- +goose Up
CREATE TYPE car AS ENUM ('small', 'big');
CREATE TABLE grades (car car NOT NULL, n int);
