-- name: InsertOwner :one
INSERT INTO owners (name, email, joined_on)
VALUES (@name, @email, @joined_on)
RETURNING *;

-- name: FindOwner :opt
SELECT * FROM owners WHERE id = @id;

-- name: SetIban :execrows
-- Says where to pay an owner; NULL stops the pay-outs.
UPDATE owners SET iban = @iban WHERE id = @id;

-- name: SetShare :exec
-- Agrees on another part of the takings.
UPDATE owners SET share = @share WHERE id = @id;

-- name: ListOwners :many
-- Owners with the plates of their cars, those without a car included.
SELECT
    owners.id,
    owners.name,
    owners.iban IS NOT NULL AS can_be_paid,
    count(cars.id) AS cars,
    array_agg(cars.plate::text ORDER BY cars.plate) FILTER (WHERE cars.id IS NOT NULL) AS plates
FROM owners
LEFT JOIN cars ON cars.owner_id = owners.id
GROUP BY owners.id
ORDER BY owners.name;
