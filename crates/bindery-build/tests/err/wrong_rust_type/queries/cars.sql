-- name: FindCar :many
-- @column plate: type = crate::Plate via Magic
-- @column id: type = not a type
-- @param owner: type = crate::Owner<String, i32>
SELECT id, plate FROM cars WHERE owner_id = @owner_id;
