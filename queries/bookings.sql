-- name: InsertTariff :one
INSERT INTO tariffs (name, per_hour, per_km, free_km, shortest)
VALUES (@name, @per_hour, @per_km, @free_km, @shortest)
RETURNING *;

-- name: ListTariffs :many
SELECT * FROM tariffs ORDER BY per_hour;

-- name: InsertBooking :one
-- Promises a car to a member. Fails on `bookings_no_overlap` where it is promised already.
INSERT INTO bookings (car_id, member_id, tariff_id, starts_at, ends_at, note)
VALUES (@car_id, @member_id, @tariff_id, @starts_at, @ends_at, @note)
RETURNING *;

-- name: FindBooking :opt
SELECT * FROM bookings WHERE id = @id;

-- name: ListMemberBookings :many
-- A member's bookings, the latest first, with the trip and the review where there are any.
SELECT
    bookings.id,
    cars.plate,
    bookings.status,
    bookings.starts_at,
    bookings.ends_at,
    trips.distance_km,
    reviews.stars
FROM bookings
JOIN cars ON cars.id = bookings.car_id
LEFT JOIN trips ON trips.booking_id = bookings.id
LEFT JOIN reviews ON reviews.booking_id = bookings.id
WHERE bookings.member_id = @member_id
ORDER BY bookings.starts_at DESC;

-- name: ExtendBooking :opt
-- Keeps the car for longer. Fails on `bookings_no_overlap` where someone else has it next.
UPDATE bookings
SET ends_at = ends_at + @longer
WHERE id = @id AND status IN ('reserved', 'active')
RETURNING *;

-- name: CancelBooking :execrows
-- Gives the car back before the trip; a booking whose trip has begun can only be completed.
UPDATE bookings SET status = 'cancelled' WHERE id = @id AND status = 'reserved';

-- name: CancelNoShows :many
-- Cancels the bookings that began before the given time without a trip, and says whom to tell.
WITH cancelled AS (
    UPDATE bookings
    SET status = 'cancelled'
    WHERE status = 'reserved' AND starts_at < @before
    RETURNING id, member_id
)
SELECT cancelled.id, members.full_name, members.email, members.phone
FROM cancelled
JOIN members ON members.id = cancelled.member_id
ORDER BY cancelled.id;

-- name: ApplyVoucher :exec
-- @param code: not null
UPDATE bookings SET voucher_code = @code WHERE id = @id;

-- name: UpsertReview :one
-- A member may think again: the last review counts.
INSERT INTO reviews (booking_id, stars, comment)
VALUES (@booking_id, @stars, @comment)
ON CONFLICT (booking_id) DO UPDATE
SET stars = excluded.stars, comment = excluded.comment, written_at = now()
RETURNING *;
