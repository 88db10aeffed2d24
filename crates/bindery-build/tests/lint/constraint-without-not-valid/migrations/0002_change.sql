-- +goose Up
ALTER TABLE cars ADD CONSTRAINT cheap CHECK (price < 100);
ALTER TABLE owners ADD FOREIGN KEY (car_id) REFERENCES cars;
ALTER TABLE owners ADD COLUMN age integer CHECK (age > 17), ADD COLUMN boss bigint REFERENCES owners;
ALTER TABLE cars ADD CONSTRAINT dear CHECK (price > 1) NOT VALID;
CREATE TABLE trips (id bigint PRIMARY KEY, car_id integer);
ALTER TABLE trips ADD FOREIGN KEY (car_id) REFERENCES cars;
