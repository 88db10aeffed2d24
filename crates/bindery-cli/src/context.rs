//! What a command works with: the package, its settings, the terminal.

use bindery_build::Config;

use crate::arguments::Options;
use crate::exit::{Failure, Problem};
use crate::package::Package;
use crate::terminal::Terminal;

pub struct Context {
    pub terminal: Terminal,
    options: Options,
}

impl Context {
    pub fn new(options: Options) -> Self {
        Self { terminal: Terminal::new(options.color, options.quiet), options }
    }

    /// The package that is called for, whether Bindery is set up in it or not.
    ///
    /// # Errors
    /// There is none.
    pub fn package(&self) -> Result<Package, Failure> {
        Package::find(self.options.manifest_path.as_deref()).map_err(Failure::Usage)
    }

    /// The settings of that package, with progress on the terminal.
    ///
    /// # Errors
    /// There is no package, Bindery is not set up in it, or its settings are wrong.
    pub fn config(&self) -> Result<Config, Failure> {
        let package = self.package()?;
        if !package.is_set_up() {
            let message =
                format!("Bindery is not set up in package `{}` ({})", package.name, package.shown());
            let help = "`cargo bindery init` sets it up; `--manifest-path` names another package";
            return Err(Failure::Usage(Problem::new(message).help(help)));
        }
        let mut config = Config::load_from(package.root)?;
        let line = self.terminal.progress();
        config.on_progress(move |step| line.show(step));
        Ok(config)
    }
}
