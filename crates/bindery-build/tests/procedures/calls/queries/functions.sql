-- name: CarsLike :many
SELECT * FROM cars_like($1, $2);

-- name: CarsLikeByDefault :many
SELECT * FROM cars_like(@begin);

-- name: CarsNamedNotation :many
SELECT id, plate FROM cars_like(min_seats => @seats, prefix => @begin);

-- name: CarsNamedNotationPlain :many
SELECT id, plate FROM cars_like(min_seats => $1, prefix => $2);

-- name: CarsByBody :many
SELECT * FROM cars_by_body($1);

-- name: NoOne :many
SELECT * FROM no_one();

-- name: SplitName :one
SELECT * FROM split_name($1);

-- name: SplitNameFields :one
SELECT (split_name($1)).*;

-- name: SplitNameField :one
SELECT (split_name($1)).last_name;

-- name: Twice :one
SELECT twice($1);

-- name: TwiceFrom :one
SELECT * FROM twice($1);

-- name: NextStep :one
SELECT * FROM next_step($1);

-- name: Spots :many
SELECT * FROM spots($1);

-- name: WholeSpots :many
SELECT spots($1);

-- name: WholeSpotsFrom :many
SELECT s FROM spots($1) s;

-- name: SpotAt :one
SELECT spot_at($1, $2);

-- name: SpotAtFrom :one
SELECT * FROM spot_at($1, $2);

-- name: SpotAtFields :one
SELECT (spot_at($1, $2)).*;

-- name: SpotOrNull :one
SELECT spot_or_null($1) AS spot;

-- name: SpotOrNullFrom :one
SELECT * FROM spot_or_null($1);

-- name: SpotOrNullWhole :one
SELECT s AS spot, s IS NULL AS is_null FROM spot_or_null($1) s;

-- name: AllCars :many
SELECT * FROM all_cars($1);

-- name: EmptyCars :many
SELECT * FROM empty_cars($1);

-- name: WholeEmptyCars :many
SELECT c FROM empty_cars($1) c;

-- name: AnyRecord :one
SELECT * FROM any_record($1) AS r (id integer, label text);

-- name: AnyRecords :many
SELECT r.id, r.label FROM any_records($1) AS r (id integer, label text);

-- name: Numbers :many
SELECT * FROM numbers($1);

-- name: NumbersSelected :many
SELECT numbers($1);

-- name: NumbersOrNull :many
SELECT n FROM numbers_or_null($1) n;

-- name: NumbersSideBySide :many
SELECT numbers(@first) AS one, numbers_or_null(@second) AS other;

-- name: NumbersAndMore :many
SELECT numbers($1) AS n, 'same'::text AS word;

-- name: WithOrdinality :many
SELECT * FROM numbers_or_null($1) WITH ORDINALITY AS t (n, place);

-- name: RowsFrom :many
SELECT * FROM ROWS FROM (numbers($1), numbers_or_null($2)) AS t (one, other);

-- name: Lateral :many
SELECT c.id, s.seats FROM cars c CROSS JOIN LATERAL seats_of(c.id) s WHERE c.id >= $1 ORDER BY c.id;

-- name: LeftLateral :many
SELECT c.id, s.seats FROM cars c LEFT JOIN LATERAL (SELECT * FROM seats_of(c.id) f WHERE f.seats > $1) s ON true ORDER BY c.id;

-- name: Total :one
SELECT total($1, $2, $3);

-- name: TotalNamed :one
SELECT total(@a, @b, @c);

-- name: TotalOfList :one
SELECT total(VARIADIC @amounts::int[]);

-- name: TotalOfUntypedList :one
SELECT total(VARIADIC $1);

-- name: FirstOf :one
SELECT first_of(@list::text[]);

-- name: Either :one
SELECT either(@a::text, @b);

-- name: EitherNull :one
SELECT either(sqlc.narg(a)::text, sqlc.narg(b));

-- name: AsPair :one
SELECT * FROM as_pair(@a::uuid);

-- name: Strictly :one
SELECT strictly($1, $2);

-- name: StrictlyNull :one
SELECT strictly(sqlc.narg(a), $2);

-- name: Greet :one
SELECT greet($1);

-- name: GreetMore :one
SELECT greet($1, mark => $2);

-- name: SeatsOf :opt
-- @rows: at most one
SELECT * FROM seats_of($1);

-- name: KindOfNumber :one
SELECT kind_of(@value::int);

-- name: KindOfWord :one
SELECT kind_of(@word::text);

-- name: LogNote :exec
SELECT log_note($1);

-- name: LogNoteOne :one
SELECT log_note($1);

-- name: LogInPlpgsql :one
SELECT log_in_plpgsql($1);

-- name: LogBoth :one
SELECT log_note($1), 1 AS one;

-- name: Product :one
SELECT product(seats::float8 * $1) FROM cars;

-- name: Words :one
SELECT words(plate, $1 ORDER BY id) FROM cars;

-- name: RunningWords :many
SELECT id, words(plate, $1) OVER (ORDER BY id) AS so_far FROM cars ORDER BY id;

-- name: SpotsFields :many
SELECT (spots($1)).*;

-- name: NotesOf :many
SELECT note FROM bookings WHERE car_id = $1 ORDER BY note NULLS LAST;
