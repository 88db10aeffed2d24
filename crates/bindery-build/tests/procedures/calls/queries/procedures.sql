-- name: Book :exec
CALL book($1, $2);

-- name: BookNamed :exec
CALL book(remark => $1, car => $2);

-- name: BookByNames :exec
CALL book(@id, sqlc.narg(why));

-- name: BookAll :exec
CALL book_all();

-- name: BookAllOf :exec
CALL book_all($1);

-- name: MoveBooking :one
CALL move_booking($1, $2, NULL, NULL);

-- name: MoveBookingNamed :one
CALL move_booking(car => @car, target => @target, moved => NULL, remark => NULL);

-- name: MoveBookingExec :exec
CALL move_booking($1, $2, NULL, NULL);

-- name: MoveBookingMany :many
CALL move_booking($1, $2, NULL, NULL);

-- name: MoveBookingOpt :opt
CALL move_booking($1, $2, NULL, NULL);

-- name: MoveBookingOut :one
CALL move_booking($1, $2, $3, $4);

-- name: BookInSteps :exec
CALL book_in_steps($1, $2);

-- name: CommitAndTell :one
CALL commit_and_tell($1, $2);

-- name: CommitNothing :exec
CALL commit_nothing();

-- name: NoteNumber :exec
CALL fleet.note($1::int);

-- name: NoteWord :exec
CALL fleet.note($1::text);

-- name: NoteWordOfCar :exec
CALL fleet.note(car => $1, word => $2);

-- name: NoteEach :exec
CALL note_each($1, $2, $3);

-- name: NoteList :exec
CALL note_each($1, VARIADIC $2);

-- name: Echo :one
CALL echo($1::text[]);

-- name: Unnamed :one
CALL unnamed($1, $2);

-- name: BookEach :batchexec
CALL book($1, $2);

-- name: BookRows :execrows
CALL book($1, $2);
