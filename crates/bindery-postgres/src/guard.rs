//! A small process that outlives this one if this one is killed, and then cleans up.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::error::Error;

/// Waits for the pipe: a line says that the owner has cleaned up itself, its end that the owner is gone. The server's
/// first line in its pid file is its number, and it removes the file last.
const SCRIPT: &str = r#"
    trap '' HUP INT TERM
    if read -r line; then exit 0; fi
    file=$1/data/postmaster.pid
    if read -r pid < "$file"; then
        kill -QUIT "$pid"
        for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -e "$file" ] || break; sleep 0.05; done
        [ -e "$file" ] && kill -KILL "$pid"
    fi
    rm -rf -- "$1"
"#;

/// Removes a folder, and ends the server in it, should this process be killed.
#[derive(Debug)]
pub(crate) struct Guard {
    process: Child,
    pipe: Option<ChildStdin>,
}

impl Guard {
    /// Guards `folder`.
    ///
    /// # Errors
    /// There is no shell. (initdb needs one as well.)
    pub fn watch(folder: &Path) -> Result<Self, Error> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "bindery-guard"]).arg(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.current_dir("/").process_group(0);
        let mut process = command
            .spawn()
            .map_err(Error::because("cannot start /bin/sh, which cleans up after a build that is killed"))?;
        let pipe = process.stdin.take();
        Ok(Self { process, pipe })
    }

    /// Ends the watch: the folder stays when this process ends.
    pub fn release(&self) {
        if let Some(mut pipe) = self.pipe.as_ref() {
            let _ = pipe.write_all(b"done\n");
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.release();
        drop(self.pipe.take());
        let _ = self.process.wait();
    }
}
