//! Stops a server whose owner was killed, if it is still there.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// Ends the server that serves `data`, as its pid file says and its command line confirms.
///
/// The confirmation matters: the number in the file may be that of quite another process by now.
pub(crate) fn stop(data: &Path) {
    let Some(pid) = pid(data).filter(|pid| serves(*pid, data)) else { return };
    signal(pid, libc::SIGQUIT);
    for _ in 0..500 {
        if !serves(pid, data) {
            return;
        }
        thread::sleep(Duration::from_millis(2));
    }
    signal(pid, libc::SIGKILL);
}

fn pid(data: &Path) -> Option<i32> {
    let file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    file.lines().next()?.trim().parse().ok().filter(|pid| *pid > 1)
}

fn serves(pid: i32, data: &Path) -> bool {
    command_line(pid).contains(&*data.to_string_lossy())
}

/// Empty if there is no such process.
fn command_line(pid: i32) -> String {
    let bytes = if cfg!(any(target_os = "linux", target_os = "android")) {
        fs::read(format!("/proc/{pid}/cmdline"))
    } else {
        Command::new("ps")
            .args(["-o", "command=", "-p", &pid.to_string()])
            .output()
            .map(|output| output.stdout)
    };
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}

fn signal(pid: i32, signal: i32) {
    // SAFETY: kill takes any numbers and touches no memory of ours.
    unsafe { libc::kill(pid, signal) };
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::{Child, Stdio};

    use super::*;

    /// A process whose command line names `argument`.
    fn sleeper(argument: &str) -> Child {
        Command::new("sh").args(["-c", "read line", argument]).stdin(Stdio::piped()).spawn().unwrap()
    }

    fn folder(name: &str, pid: u32) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("postmaster.pid"), format!("{pid}\n")).unwrap();
        folder
    }

    #[test]
    fn the_process_that_serves_the_folder_is_stopped() {
        let folder = folder("bindery-leftover-server", 0);
        let mut server = sleeper(&folder.to_string_lossy());
        fs::write(folder.join("postmaster.pid"), format!("{}\n5432\n", server.id())).unwrap();
        // Reaped as init would reap it, or it would stay in the list of processes.
        let reaper = thread::spawn(move || server.wait().unwrap());
        stop(&folder);
        assert!(!reaper.join().unwrap().success());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn only_the_process_that_serves_the_folder_is_stopped() {
        let mut stranger = sleeper("stranger");
        let strange = folder("bindery-leftover-stranger", stranger.id());
        stop(&strange);
        assert!(stranger.try_wait().unwrap().is_none());
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        fs::remove_dir_all(strange).unwrap();
    }
}
