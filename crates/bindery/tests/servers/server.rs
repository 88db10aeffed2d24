//! A server that a test can kill, start again and copy: bindery-postgres' own lose what they hold.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bindery_postgres::Installation;

/// PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

/// A cluster in a folder of its own; stopped and removed when dropped.
pub struct Server {
    folder: PathBuf,
    pub port: u16,
}

impl Server {
    /// A new cluster, running, that trusts everyone.
    pub fn start() -> Self {
        Self::start_with(
            "",
            "host all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n",
            &[],
        )
    }

    /// A new cluster with more settings, with rules of its own for who is let in, and with files in its data folder.
    pub fn start_with(settings: &str, rules: &str, files: &[(&str, &str)]) -> Self {
        let server = Self::place();
        server.run("initdb", &["-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "-D", "data"]);
        for (name, text) in [("pg_hba.conf", rules)].iter().chain(files) {
            let path = server.folder.join("data").join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            if is_root() {
                std::os::unix::fs::chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        server.configure(settings);
        server.up();
        server
    }

    /// A streaming copy of it that can be read.
    pub fn standby(&self) -> Self {
        let standby = Self::place();
        let source = self.url("postgres");
        standby.run("pg_basebackup", &["-D", "data", "-R", "-X", "stream", "-c", "fast", "-d", &source]);
        standby.configure("");
        standby.up();
        standby
    }

    /// Makes a standby a server of its own.
    pub fn promote(&self) {
        self.ctl(&["promote", "-w"]);
    }

    /// Starts it again after it was stopped.
    pub fn up(&self) {
        self.ctl(&["start", "-w", "-t", "60", "-l", "log"]);
    }

    /// Stops it: `fast` ends all sessions, `immediate` is a crash.
    pub fn down(&self, mode: &str) {
        self.ctl(&["stop", "-w", "-t", "60", "-m", mode]);
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// A folder of another program's that runs as the server does.
    pub fn subfolder(&self, name: &str) -> PathBuf {
        let folder = self.folder.join(name);
        fs::create_dir(&folder).unwrap();
        folder
    }

    /// A program that is to run as the server does.
    pub fn command_at(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).env("LC_ALL", "C").env_remove("PGDATA");
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    fn place() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("bindery-faults-{}-{port}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        if is_root() {
            std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        Self { folder, port }
    }

    fn configure(&self, more: &str) {
        let path = self.folder.join("data/postgresql.conf");
        let settings = format!(
            "\nport = {}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n\
             max_connections = 50\nshared_buffers = 16MB\nlog_min_messages = panic\nhot_standby_feedback = on\n\
             wal_receiver_timeout = 5s\nwal_retrieve_retry_interval = 100ms\n",
            self.port
        );
        let text = fs::read_to_string(&path).unwrap() + &settings + more;
        fs::write(&path, text).unwrap();
    }

    fn ctl(&self, args: &[&str]) {
        self.run("pg_ctl", &[args, &["-D", "data", "-s"]].concat());
    }

    fn run(&self, program: &str, args: &[&str]) {
        let output = self.command(program).args(args).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(output.status.success(), "{program} {args:?}: {said}{log}");
    }

    fn command(&self, program: &str) -> Command {
        self.command_at(&Installation::find().unwrap().bin_dir().join(program))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "-m", "immediate", "-w", "-D", "data", "-s"]).stderr(Stdio::null());
        let _ = stop.status();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(Path::new("/proc/self")).is_ok_and(|process| process.uid() == 0)
}
