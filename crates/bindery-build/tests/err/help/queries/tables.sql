-- name: Misspelt :many
SELECT id FROM crs;

-- name: InAnotherSchema :many
SELECT id FROM bikes;

-- name: NearNothing :many
SELECT id FROM trucks;

-- name: NotJoined :many
SELECT owners.name FROM cars;

-- name: WrongAlias :many
SELECT carz.id FROM cars;

-- name: ByTheTableNotTheAlias :many
SELECT cars.id FROM cars c;
