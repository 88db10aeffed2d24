--: Item(note?)

--! find_item : Item
SELECT id, name, note, price, quantity, created_at FROM items WHERE id = :id;

--! list_items : Item
SELECT id, name, note, price, quantity, created_at FROM items WHERE id >= :first ORDER BY id LIMIT 1000;

--! insert_item (note?)
INSERT INTO inserts (name, note, price, quantity, created_at)
VALUES (:name, :note, :price, :quantity, :created_at)
RETURNING id;

--! load_items (notes[?])
INSERT INTO loads (id, name, note, price, quantity, created_at)
SELECT *
FROM unnest(:ids::bigint[], :names::text[], :notes::text[], :prices::float8[], :quantities::int[], :created::timestamptz[]);
