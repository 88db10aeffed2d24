-- name: InsertEvent :exec
INSERT INTO events (id, payload, note, version, plate, percent, preferences, level, place, photo, cost, any_number, lasts,
                    owner_email, tags)
VALUES (@id, @payload, @note, @version, @plate, @percent, @preferences, @level, @place, @photo, @cost, @any_number, @lasts,
        @owner_email, @tags);

-- name: FindEvent :one
SELECT * FROM events WHERE id = @id;

-- name: FindByPlate :opt
SELECT id, plate FROM events WHERE plate = @plate AND level = @level
-- @rows: at most one
ORDER BY id LIMIT 1;

-- name: FindByEmail :many
SELECT owner_email FROM events WHERE owner_email = @owner_email;

-- name: FindByPlates :many
SELECT plate FROM events WHERE plate = ANY (@plates::plate[]);

-- name: Notes :many
-- @column note: type = Vec<crate::Note>, nullable
-- @param note: type = Vec<crate::Note>, nullable
SELECT id, note FROM events WHERE note = @note OR @note IS NULL;

-- name: Versions :many
-- @column version: type = String
SELECT version FROM events WHERE version >= @version ORDER BY 1;

-- name: BreakEmail :exec
UPDATE events SET owner_email = @text WHERE id = @id;

-- name: BreakPayload :exec
-- @param payload: type = bindery::serde_json::Value
UPDATE events SET payload = @payload WHERE id = @id;

-- name: Exact :one
-- @column payload: type = Box<bindery::serde_json::value::RawValue>
SELECT payload FROM events WHERE id = @id;

-- name: Raise :one
-- @param by: nullable
SELECT @by::int + 1 AS raised;

-- name: ExactCost :one
-- @column any_number: type = bindery::rust_decimal::Decimal via TryFrom
-- @param least: type = bindery::rust_decimal::Decimal via TryFrom
SELECT any_number FROM events WHERE id = @id AND any_number >= @least::numeric;

-- name: Tagged :many
SELECT id FROM events WHERE tags && @tags ORDER BY 1;

-- name: ChangePlate :exec
UPDATE events SET plate = @plate WHERE id = @id;
