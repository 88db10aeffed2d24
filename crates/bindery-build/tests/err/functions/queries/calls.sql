-- name: NoColumns :one
CALL park($1, $2);

-- name: NoSuchProcedure :exec
CALL prk($1, $2);

-- name: TooFewArguments :exec
CALL park($1);

-- name: WithoutOut :one
CALL count_cars($1);

-- name: NotAProcedure :exec
CALL two_columns($1);

-- name: AProcedure :exec
SELECT park($1, $2);

-- name: NoSuchArgument :exec
CALL park(car => $1, plaec => $2);

-- name: Block :exec
DO $$
BEGIN
    PERFORM no_such_function();
END $$;

-- name: BlockSyntax :exec
DO $$
BEGIN
    PERFROM 1;
END $$;
