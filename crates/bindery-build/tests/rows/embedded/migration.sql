-- +goose Up
CREATE TABLE owners (
    id int PRIMARY KEY,
    name text NOT NULL,
    email text
);
CREATE TABLE cars (
    id int PRIMARY KEY,
    owner_id int REFERENCES owners,
    towed_by int REFERENCES cars,
    plate text NOT NULL,
    tags text[] NOT NULL DEFAULT '{}'
);
CREATE TABLE notes (
    car_id int,
    "Text" text
);
CREATE TABLE labels (car_id int PRIMARY KEY, code text NOT NULL);
CREATE VIEW owned AS SELECT c.id, c.plate, o.name FROM cars c JOIN owners o ON o.id = c.owner_id;
CREATE SCHEMA fleet;
CREATE TABLE fleet.owners (id int PRIMARY KEY, city text NOT NULL);

INSERT INTO owners VALUES (1, 'Ada', 'ada@example.com'), (2, 'Bo', NULL);
INSERT INTO fleet.owners VALUES (1, 'Bern');
INSERT INTO cars VALUES (1, 1, NULL, 'KA 1', '{old}'), (2, NULL, 1, 'KA 2', '{}'), (3, 1, 1, 'KA 3', '{a,b}');
INSERT INTO notes VALUES (1, 'dented'), (3, NULL);
INSERT INTO labels VALUES (1, 'ok');
