-- name: ByAcl :many
SELECT id FROM cars WHERE @acl = ANY (ARRAY[]::aclitem[]);

-- name: ByBinary :many
SELECT id FROM cars WHERE @value::binary_too IS NOT NULL;

-- name: MadeOfNothing :many
-- @column value: type = crate::Own via TryFrom
SELECT NULL::binary_too AS value;

-- name: NamedButNotBinary :many
-- @column value: type = crate::Acl
SELECT NULL::aclitem AS value;

-- name: RecordParam :many
SELECT id FROM cars WHERE @pair::record IS NOT NULL;
