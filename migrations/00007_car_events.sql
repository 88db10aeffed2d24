-- +goose Up
CREATE TABLE car_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    car_id      bigint NOT NULL REFERENCES cars ON DELETE CASCADE,
    happened_at timestamptz NOT NULL DEFAULT now(),
    old_status  car_status NOT NULL,
    new_status  car_status NOT NULL,
    detail      jsonb NOT NULL DEFAULT '{}'
);

-- +goose StatementBegin
CREATE FUNCTION log_car_status() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO car_events (car_id, old_status, new_status, detail)
    VALUES (NEW.id, OLD.status, NEW.status, jsonb_build_object('odometer_km', NEW.odometer_km));
    RETURN NEW;
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER cars_log_status
    AFTER UPDATE OF status ON cars
    FOR EACH ROW WHEN (OLD.status <> NEW.status)
    EXECUTE FUNCTION log_car_status();

-- +goose Down
DROP TRIGGER cars_log_status ON cars;
DROP FUNCTION log_car_status();
DROP TABLE car_events;
