//! Runs PostgreSQL's programs: as whom, in which surroundings, and never longer than this process.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;

use crate::error::Error;
use crate::installation::Installation;
use crate::user::User;

/// `name` of the installation, to be run in `folder` as `user`.
pub(crate) fn program(installation: &Installation, name: &str, user: Option<User>, folder: &Path) -> Command {
    let mut command = Command::new(installation.bin_dir().join(name));
    // initdb writes the language of messages and the time zone into the cluster.
    command.env("LC_ALL", "C").env("TZ", "UTC");
    // The caller's own folder may be closed to the user. A group of its own: Control-C in a terminal is for the caller,
    // whose end then ends this.
    command.stdin(Stdio::null()).current_dir(folder).process_group(0);
    if let Some(user) = user {
        user.apply(&mut command);
    }
    command
}

/// Runs a program to its end.
///
/// # Errors
/// It cannot be started, or fails; the error has what it said.
pub(crate) fn run(mut command: Command) -> Result<(), Error> {
    end_with_this_process(&mut command);
    let output = command.output().map_err(|error| cannot_start(&command, error))?;
    if output.status.success() {
        return Ok(());
    }
    let program = command.get_program().display();
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::new(format!("{program} failed ({}): {}", output.status, said.trim())))
}

/// A running program, and the thread that the system holds to be its parent.
#[derive(Debug)]
pub(crate) struct Lasting {
    pub child: Child,
    _thread: mpsc::Sender<()>,
}

/// Starts a program that goes on running.
///
/// On Linux the parent's death is the death of the thread that forked, and threads, those of tests above all, end before
/// the process does. So each program gets a thread that ends when this is dropped.
///
/// # Errors
/// It cannot be started.
pub(crate) fn spawn(mut command: Command) -> Result<Lasting, Error> {
    let (sender, spawned) = mpsc::channel();
    let (_thread, dropped) = mpsc::channel();
    let parent = move || {
        let child = command.spawn().map_err(|error| cannot_start(&command, error));
        if sender.send(child).is_ok() {
            // Nothing is ever sent: this returns when the sender is dropped.
            let _ = dropped.recv();
        }
    };
    let thread = thread::Builder::new().name("bindery-postgres".to_owned()).spawn(parent);
    thread.map_err(Error::because("cannot start a thread for the temporary server"))?;
    let child = spawned.recv().expect("the thread sends before it ends")?;
    Ok(Lasting { child, _thread })
}

fn cannot_start(command: &Command, error: io::Error) -> Error {
    let program = command.get_program().display();
    let help = match error.raw_os_error() {
        Some(libc::EPERM | libc::EINVAL) => {
            ": PostgreSQL refuses to run as root, and this root may not become another user; build as another user, or \
             set BINDERY_DATABASE_URL"
        }
        Some(libc::EACCES) => {
            ": the user that runs it has to be able to reach it; install it where all can, or set \
             BINDERY_DATABASE_URL"
        }
        _ => "",
    };
    Error::because(format!("cannot start {program}{help}"))(error)
}

/// An immediate shutdown when the thread that starts `command` ends.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn end_with_this_process(command: &mut Command) {
    let parent = std::process::id();
    let ask = move || {
        // std has changed the user before it calls this; a change of user takes the wish back.
        // SAFETY: a system call with two numbers.
        if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGQUIT) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: getppid has no preconditions and cannot fail.
        let now = unsafe { libc::getppid() };
        // The parent died before the wish was made.
        if u32::try_from(now) == Ok(parent) { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
    };
    // SAFETY: between fork and exec the closure makes system calls only; it neither allocates nor locks.
    unsafe { command.pre_exec(ask) };
}

/// Elsewhere the guard and the next start's sweep do it.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn end_with_this_process(_command: &mut Command) {}
