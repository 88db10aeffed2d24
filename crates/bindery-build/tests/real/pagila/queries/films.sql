-- name: InsertLanguage :one
INSERT INTO language (name) VALUES (@name) RETURNING *;

-- name: InsertFilm :one
INSERT INTO film (title, description, release_year, language_id, rental_rate, length, rating, special_features, fulltext)
VALUES (@title, @description, @release_year, @language_id, @rental_rate, @length, @rating, @special_features,
        to_tsvector('english', @title || ' ' || coalesce(@description, '')))
RETURNING film_id;

-- name: InsertActor :one
INSERT INTO actor (first_name, last_name) VALUES (@first_name, @last_name) RETURNING *;

-- name: InsertCategory :one
INSERT INTO category (name) VALUES (@name) RETURNING category_id;

-- name: CastActor :exec
INSERT INTO film_actor (film_id, actor_id) VALUES ($1, $2);

-- name: FileFilm :exec
INSERT INTO film_category (film_id, category_id) VALUES ($1, $2);

-- name: FindFilm :opt
SELECT film_id, title, description, release_year, rating, special_features, length, rental_rate
FROM film
WHERE film_id = @film_id;

-- name: SearchFilms :many
-- Full text: the tsvector stays in the database.
SELECT film_id, title, ts_rank(fulltext, websearch_to_tsquery('english', @words)) AS rank
FROM film
WHERE fulltext @@ websearch_to_tsquery('english', @words)
ORDER BY rank DESC, title;

-- name: FilmsByRating :many
SELECT rating, count(*) AS films, avg(length) AS average_length, max(rental_rate) AS dearest
FROM film
GROUP BY rating
ORDER BY rating;

-- name: FilmsWithFeature :many
SELECT title, special_features FROM film WHERE @feature = ANY (special_features) ORDER BY title;

-- name: FilmsRated :many
SELECT title, rating FROM film WHERE rating = ANY (@ratings::mpaa_rating[]) ORDER BY rating, title;

-- name: FilmList :many
SELECT * FROM film_list WHERE category = @category ORDER BY title;

-- name: ActorInfo :many
SELECT * FROM actor_info ORDER BY actor_id;

-- name: FilmsWithOriginal :many
SELECT film.title, spoken.name AS language, original.name AS original_language
FROM film
JOIN language AS spoken ON spoken.language_id = film.language_id
LEFT JOIN language AS original ON original.language_id = film.original_language_id
ORDER BY film.title;

-- name: LongestByRating :many
SELECT title, rating, length, rank() OVER (PARTITION BY rating ORDER BY length DESC NULLS LAST) AS place
FROM film
ORDER BY rating, place, title;

-- name: CoActors :many
-- Who can be reached from an actor by films in common, and in how many steps.
WITH RECURSIVE reached (actor_id, steps) AS (
    SELECT @actor_id::int, 0
    UNION
    SELECT other.actor_id, reached.steps + 1
    FROM reached
    JOIN film_actor AS own ON own.actor_id = reached.actor_id
    JOIN film_actor AS other ON other.film_id = own.film_id AND other.actor_id <> own.actor_id
    WHERE reached.steps < 3
)
SELECT actor.actor_id, actor.first_name, actor.last_name, min(reached.steps) AS steps
FROM reached
JOIN actor ON actor.actor_id = reached.actor_id
GROUP BY actor.actor_id
ORDER BY steps, actor.actor_id;

-- name: RaiseRates :many
UPDATE film SET rental_rate = rental_rate + @by::numeric WHERE rating = @rating RETURNING film_id, title, rental_rate;

-- name: RenameLanguage :execrows
UPDATE language SET name = @name WHERE language_id = @language_id;

-- name: DropFilmCategory :many
DELETE FROM film_category WHERE film_id = @film_id RETURNING *;
