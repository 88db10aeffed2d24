-- name: Misspelt :many
SELECT lowr(plate) FROM cars;

-- name: OtherArguments :many
SELECT service_price(plate, 3) FROM cars;

-- name: ManyOfTheName :many
SELECT generate_series(plate, plate) FROM cars;

-- name: NearNothing :many
SELECT haversine(1, 2);

-- name: WrongCast :many
SELECT id FROM cars WHERE id = @id::text;

-- name: BetweenColumns :many
SELECT id FROM cars AS c WHERE c.plate = c.owner_id;

-- name: NotSimple :many
SELECT id FROM cars WHERE id + 1 = lower(plate);

-- name: AtTheColumn :many
SELECT id FROM cars WHERE plate || 'x' > id AND true;

-- name: Number :many
SELECT id FROM cars WHERE plate = $1::int;

-- name: Polymorphic :many
SELECT array_length(@tags, 1);

-- name: Ambiguous :many
SELECT unnest(@tags);

-- name: AmbiguousAndCast :many
SELECT abs(@x::text);

-- name: InAnotherSchema :many
SELECT service(id) FROM cars;
