-- name: InsertPlace :one
-- A country with a city and an address in it, at once.
WITH country AS (
    INSERT INTO country (country) VALUES (@country) RETURNING country_id
), city AS (
    INSERT INTO city (city, country_id) SELECT @city::text, country_id FROM country RETURNING city_id
)
INSERT INTO address (address, district, city_id, phone)
SELECT @address::text, @district::text, city_id, @phone::text FROM city
RETURNING address_id;

-- name: InsertStore :one
WITH staff AS (
    INSERT INTO staff (first_name, last_name, address_id, store_id, username)
    VALUES (@first_name, @last_name, @address_id, 1, @username)
    RETURNING staff_id
)
INSERT INTO store (store_id, manager_staff_id, address_id)
SELECT 1, staff_id, @address_id FROM staff
RETURNING *;

-- name: InsertCustomer :one
INSERT INTO customer (store_id, first_name, last_name, email, address_id)
VALUES (@store_id, @first_name, @last_name, @email, @address_id)
RETURNING *;

-- name: CustomerList :many
SELECT * FROM customer_list ORDER BY id;

-- name: InsertInventory :one
INSERT INTO inventory (film_id, store_id) VALUES (@film_id, @store_id) RETURNING inventory_id;

-- name: RentOut :one
INSERT INTO rental (rental_date, inventory_id, customer_id, staff_id)
VALUES (@rental_date, @inventory_id, @customer_id, @staff_id)
RETURNING rental_id, return_date;

-- name: GiveBack :execrows
UPDATE rental SET return_date = @return_date WHERE rental_id = @rental_id AND return_date IS NULL;

-- name: Pay :one
-- Into whichever partition the date belongs.
INSERT INTO payment (customer_id, staff_id, rental_id, amount, payment_date)
VALUES (@customer_id, @staff_id, @rental_id, @amount, @payment_date)
RETURNING *;

-- name: PaymentsBetween :many
SELECT * FROM payment WHERE payment_date >= @first AND payment_date < @last ORDER BY payment_date;

-- name: CustomerTotals :many
SELECT customer.customer_id, customer.last_name, count(payment.payment_id) AS payments, sum(payment.amount) AS total
FROM customer
LEFT JOIN payment ON payment.customer_id = customer.customer_id
GROUP BY customer.customer_id
ORDER BY customer.customer_id;

-- name: InStock :one
-- A function in PL/pgSQL may always return NULL.
SELECT inventory_in_stock(@inventory_id::int);

-- name: LastRental :many
SELECT customer.last_name, latest.rental_date, latest.title
FROM customer
LEFT JOIN LATERAL (
    SELECT rental.rental_date, film.title
    FROM rental
    JOIN inventory USING (inventory_id)
    JOIN film USING (film_id)
    WHERE rental.customer_id = customer.customer_id
    ORDER BY rental.rental_date DESC
    LIMIT 1
) AS latest ON true
ORDER BY customer.customer_id;
