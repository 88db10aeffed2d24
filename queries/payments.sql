-- name: InsertPayment :one
-- Asks for money. Fails on `payments_one_pending` while an earlier request of the booking is open.
INSERT INTO payments (booking_id, amount, method)
VALUES (@booking_id, @amount, @method)
RETURNING *;

-- name: SettlePayment :opt
-- Notes the provider's answer to an open request.
-- @param provider_ref: not null
UPDATE payments
SET status = 'settled', provider_ref = @provider_ref, receipt = @receipt
WHERE id = @id AND status = 'pending'
RETURNING *;

-- name: ListBookingPayments :many
SELECT id, amount, method, status, provider_ref, receipt->>'issuer' AS issuer
FROM payments
WHERE booking_id = @booking_id
ORDER BY created_at, id;

-- name: DeletePendingPayments :many
-- Withdraws the requests that nobody answered.
DELETE FROM payments
WHERE status = 'pending' AND created_at < @before
RETURNING booking_id, amount;

-- name: UpsertVoucher :exec
-- Issues a voucher, or adds to the uses of one that exists.
INSERT INTO vouchers (code, credit, uses_left, valid_until)
VALUES (@code, @credit, @uses, @valid_until)
ON CONFLICT (code) DO UPDATE
SET credit = excluded.credit,
    uses_left = vouchers.uses_left + excluded.uses_left,
    valid_until = excluded.valid_until;

-- name: RedeemVoucher :opt
-- Takes one use off a voucher that is still valid. Fails on `vouchers_used_up` where none is left.
UPDATE vouchers
SET uses_left = uses_left - 1
WHERE code = @code AND (valid_until IS NULL OR valid_until >= @day)
RETURNING credit;
