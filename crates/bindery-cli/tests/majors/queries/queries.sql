-- name: Query01 :many
SELECT * FROM cars;

-- name: Query02 :many
SELECT * FROM car_trips;

-- name: Query03 :many
SELECT * FROM plates;

-- name: Query04 :many
SELECT * FROM events;

-- name: Query05 :many
SELECT c.plate, t.driver, t.km FROM cars c LEFT JOIN trips t ON t.car_id = c.id;

-- name: Query06 :many
SELECT c.plate, t.id FROM cars c RIGHT JOIN trips t ON t.car_id = c.id;

-- name: Query07 :many
SELECT c.plate, t.id FROM cars c FULL JOIN trips t ON t.car_id = c.id;

-- name: Query08 :many
SELECT id, c.note, t.driver FROM cars c FULL JOIN trips t USING (id);

-- name: Query09 :many
SELECT c.plate, t.km FROM cars c LEFT JOIN trips t ON t.car_id = c.id WHERE t.km > $1;

-- name: Query10 :many
SELECT c.plate, x.km FROM cars c LEFT JOIN LATERAL (SELECT km FROM trips t WHERE t.car_id = c.id LIMIT 1) x ON true;

-- name: Query11 :many
SELECT c.plate, x.n FROM cars c LEFT JOIN LATERAL (SELECT count(*) AS n FROM trips t WHERE t.car_id = c.id) x ON true;

-- name: Query12 :many
SELECT colour, count(*), sum(km), max(note) FROM cars GROUP BY colour;

-- name: Query13 :many
SELECT colour, km, count(*) FROM cars GROUP BY GROUPING SETS ((colour, km), (colour), ());

-- name: Query14 :many
SELECT km, colour, max(id) FROM cars GROUP BY km, ROLLUP (colour);

-- name: Query15 :many
SELECT km + 1 AS more, count(*) FROM cars GROUP BY km + 1 HAVING count(note) > 0;

-- name: Query16 :many
SELECT max(note) AS note FROM cars GROUP BY km HAVING max(note) IS NOT NULL;

-- name: Query17 :many
SELECT sum(km), count(*), array_agg(note) FILTER (WHERE note IS NOT NULL) AS notes FROM cars;

-- name: Query18 :many
SELECT km, array_agg(note) FILTER (WHERE note IS NOT NULL) AS notes, array_agg(plate::text) AS plates FROM cars GROUP BY km;

-- name: Query19 :many
SELECT row_number() OVER w AS n, first_value(plate) OVER w AS first, lag(km) OVER w AS before, sum(km) OVER w AS total FROM cars WINDOW w AS (ORDER BY id);

-- name: Query20 :many
SELECT note FROM cars WHERE note IS NOT NULL;

-- name: Query21 :many
SELECT note, gone FROM cars WHERE note = $1 OR note LIKE 'x%';

-- name: Query22 :many
SELECT CASE WHEN note IS NULL THEN 'none' ELSE note END AS shown, coalesce(note, driver, '') AS named FROM car_trips;

-- name: Query23 :many
SELECT note IS NULL AS is_null, note = 'x' AS is_x, note IS DISTINCT FROM 'x' AS differs FROM cars;

-- name: Query24 :many
SELECT (SELECT count(*) FROM trips t WHERE t.car_id = c.id) AS trips, (SELECT max(km) FROM trips t WHERE t.car_id = c.id) AS longest FROM cars c;

-- name: Query25 :many
SELECT EXISTS (SELECT FROM trips t WHERE t.car_id = c.id) AS driven, c.id IN (SELECT car_id FROM trips) AS known FROM cars c;

-- name: Query26 :many
SELECT ARRAY(SELECT km FROM trips) AS km, ARRAY[note, 'x'] AS notes, tags || 'x'::text AS tags, labels FROM cars;

-- name: Query27 :many
SELECT plate::text AS plate FROM cars UNION SELECT driver FROM trips;

-- name: Query28 :many
SELECT plate::text AS plate FROM cars EXCEPT SELECT driver FROM trips;

-- name: Query29 :many
SELECT driver FROM trips INTERSECT SELECT plate::text FROM cars;

-- name: Query30 :many
WITH RECURSIVE r AS (SELECT 1 AS n, NULL::text AS t UNION ALL SELECT n + 1, 'x' FROM r WHERE n < 3) SELECT n, t FROM r;

-- name: Query31 :many
WITH gone AS (DELETE FROM trips WHERE km > 5 RETURNING id, driver) SELECT id, driver FROM gone;

-- name: Query32 :many
SELECT n, m FROM (VALUES (1, 'x'), (2, NULL)) v (n, m);

-- name: Query33 :many
SELECT g, ord FROM generate_series(1, 3) WITH ORDINALITY s (g, ord);

-- name: Query34 :many
SELECT unnest(labels) AS label, unnest(tags) AS tag FROM cars;

-- name: Query35 :many
SELECT id, plate, note FROM all_cars();

-- name: Query36 :many
SELECT total(id) AS total FROM cars;

-- name: Query37 :many
SELECT lower(note) AS a, upper(plate) AS b, length(note) AS c, abs(km) AS d, to_char(seen, 'YYYY') AS e, extract(year FROM seen) AS f, extract(month FROM seen) AS g FROM cars;

-- name: Query38 :many
SELECT km / 2 AS a, km::text AS b, round(km::numeric, 1) AS c, date_trunc('day', seen) AS d, seen::date AS e, now() AS f FROM cars;

-- name: Query39 :many
SELECT greatest(note, 'x') AS g, nullif(km, 0) AS n, concat(note, 'x') AS c, concat_ws(note, 'x', 'y') AS w FROM cars;

-- name: Query40 :many
SELECT jsonb_build_object('k', note) AS o, to_jsonb(km) AS j, '{}'::jsonb ->> 'k' AS t, jsonb_agg(note) AS a FROM cars GROUP BY note, km;

-- name: Query41 :many
SELECT id FROM cars WHERE id = $1;

-- name: Query42 :many
SELECT id FROM cars WHERE lower(note) = lower($1) AND gone IS NULL;

-- name: Query43 :many
SELECT c.id FROM cars c JOIN trips t ON t.car_id = c.id WHERE t.id = $1;

-- name: Query44 :many
SELECT id FROM cars WHERE seen BETWEEN $1 AND $2 AND ($3::text IS NULL OR note = $3) LIMIT $4 OFFSET $5;

-- name: Query45 :many
INSERT INTO cars (plate, note, km, seen) VALUES ($1, $2, $3, $4) RETURNING *;

-- name: Query46 :many
INSERT INTO cars (plate, km, seen) VALUES ($1, 1, now()) ON CONFLICT (plate) DO UPDATE SET note = excluded.plate, km = cars.km + $2 RETURNING id, note, km;

-- name: Query47 :many
UPDATE cars SET note = coalesce($1, note), gone = $2 WHERE id = $3 RETURNING id, note, gone, doubled;

-- name: Query48 :many
UPDATE cars SET note = t.driver FROM trips t WHERE t.car_id = cars.id RETURNING cars.id, cars.note, t.driver;

-- name: Query49 :many
DELETE FROM cars USING trips t WHERE t.car_id = cars.id AND cars.note IS NOT NULL RETURNING cars.note, t.car_id;
