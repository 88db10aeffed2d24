-- name: Unowned :many
SELECT plate FROM cars
WHERE plate <> @plate AND id NOT IN (SELECT car_id FROM owners);

-- name: UnownedForSure :many
SELECT plate FROM cars WHERE id NOT IN (SELECT car_id FROM owners WHERE car_id IS NOT NULL);
