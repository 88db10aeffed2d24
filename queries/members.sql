-- name: InsertMember :one
-- Signs a member up. The account has to be activated before the first booking.
INSERT INTO members (given_name, family_name, email, phone, born_on, licence_number, licence_until, referred_by)
VALUES (@given_name, @family_name, @email, @phone, @born_on, @licence_number, @licence_until, @referred_by)
RETURNING *;

-- name: FindMember :opt
SELECT * FROM members WHERE id = @id;

-- name: FindMemberByEmail :opt
-- The open account with this address, written in whatever case.
SELECT * FROM members WHERE lower(email) = lower(@email) AND status <> 'closed';

-- name: FindDriver :opt
-- An active member whose licence is valid to the end of the given day.
SELECT * FROM members WHERE id = @id AND status = 'active' AND licence_until >= @day;

-- name: ActivateMember :execrows
UPDATE members SET status = 'active' WHERE id = @id AND status = 'pending';

-- name: CloseMember :opt
-- Closes an account without open bookings and forgets the telephone number.
UPDATE members
SET status = 'closed', phone = NULL
WHERE id = @id
  AND NOT EXISTS (SELECT FROM bookings WHERE member_id = members.id AND bookings.status IN ('reserved', 'active'))
RETURNING *;

-- name: CountMembers :many
SELECT status, count(*) AS members FROM members GROUP BY status ORDER BY status;

-- name: ListReferrals :many
-- Members with whoever brought them, and how many they brought themselves.
SELECT
    members.full_name,
    referrer.full_name AS referred_by,
    (SELECT count(*) FROM members AS brought WHERE brought.referred_by = members.id) AS brought
FROM members
LEFT JOIN members AS referrer ON referrer.id = members.referred_by
ORDER BY members.family_name, members.given_name;
