-- name: InsertTask :one
INSERT INTO tasks (title, note)
VALUES (@title, @note)
RETURNING id, title, note, done;

-- name: FinishTask :execrows
-- Ticks a task off. No row is affected where it is done already.
UPDATE tasks SET done = true WHERE id = @id AND NOT done;

-- name: ListTasks :many
-- All tasks, the open ones first.
SELECT id, title, note, done FROM tasks ORDER BY done, id;
