-- name: Load :copyfrom
INSERT INTO cars (plate
    , note -- @if with_note
) VALUES (@plate
    , @note -- @if with_note
);

-- name: Change :batchexec
UPDATE cars SET plate = plate
    , note = @note -- @if note
WHERE id = @id;
