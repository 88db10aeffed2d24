-- +goose Up

-- A car as the app shows it: with its model, where it stands and what members think of it.
CREATE VIEW car_overview AS
SELECT
    cars.id,
    cars.plate,
    models.make || ' ' || models.name AS model,
    models.fuel,
    models.seats,
    cars.status,
    cars.features,
    stations.id AS station_id,
    stations.name AS station,
    rating.stars,
    coalesce(rating.reviews, 0) AS reviews
FROM cars
JOIN models ON models.id = cars.model_id
LEFT JOIN stations ON stations.id = cars.station_id
LEFT JOIN (
    SELECT bookings.car_id, round(avg(reviews.stars), 1) AS stars, count(*) AS reviews
    FROM reviews
    JOIN bookings ON bookings.id = reviews.booking_id
    GROUP BY bookings.car_id
) AS rating ON rating.car_id = cars.id;

-- +goose Down
DROP VIEW car_overview;
