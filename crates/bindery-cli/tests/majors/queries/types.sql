-- name: TripsAndTheirTypes :many
SELECT *, (trip).start AS start, ((trip).stops)[1] AS first_stop, journeys AS whole, range_merge(spans) AS all_spans
FROM journeys WHERE share = @share AND weekday = @weekday AND words @> @words AND trip IS NOT DISTINCT FROM @trip::trip;

-- name: InsertTrip :exec
INSERT INTO journeys VALUES (@id, @trip, @spans, @share, @weekday, @words);

-- name: DomainsInExpressions :many
SELECT CASE WHEN id > 1 THEN share END AS share, coalesce(weekday, 1::weekday) AS weekday, words[1] AS first_word,
       max(share) OVER () AS most, (SELECT share FROM journeys LIMIT 1) AS one
FROM journeys;
