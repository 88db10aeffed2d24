-- +goose Up
ALTER TABLE owners ADD CONSTRAINT names UNIQUE (name);
ALTER TABLE owners ADD COLUMN mail text UNIQUE;
CREATE UNIQUE INDEX owners_car ON owners (car_id); -- bindery: here it is only a comment
ALTER TABLE owners ADD CONSTRAINT one_car UNIQUE USING INDEX owners_car;
