-- name: AclItem :many
SELECT NULL::aclitem AS value;

-- name: AclItems :many
SELECT ARRAY[]::aclitem[] AS value;

-- name: GtsVector :many
SELECT NULL::gtsvector AS value;

-- name: NodeTree :many
SELECT adbin AS value FROM pg_catalog.pg_attrdef;

-- name: NDistinct :many
SELECT NULL::pg_ndistinct AS value;

-- name: Dependencies :many
SELECT NULL::pg_dependencies AS value;

-- name: McvList :many
SELECT NULL::pg_mcv_list AS value;

-- name: Bloom :many
SELECT NULL::pg_brin_bloom_summary AS value;

-- name: Minmax :many
SELECT NULL::pg_brin_minmax_multi_summary AS value;

-- name: Record :many
SELECT ROW(1, 'a') AS value;

-- name: Records :many
SELECT ARRAY[ROW(1, 'a')] AS value;

-- name: AnyArray :many
SELECT most_common_vals AS value FROM pg_catalog.pg_stats;

-- name: SystemRow :many
SELECT NULL::pg_catalog.pg_class AS value;

-- name: Composite :many
SELECT NULL::grant_of AS value;

-- name: Multirange :many
SELECT NULL::pair_multirange AS value;

-- name: Plain :many
SELECT NULL::plain AS value;

-- name: BinaryToo :many
SELECT NULL::binary_too AS value;

