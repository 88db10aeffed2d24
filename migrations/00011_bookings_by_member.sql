-- +goose NO TRANSACTION

-- +goose Up
CREATE INDEX CONCURRENTLY bookings_member ON bookings (member_id, starts_at);

-- +goose Down
DROP INDEX CONCURRENTLY bookings_member;
