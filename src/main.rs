//! forge: reads a Procfile and runs what is in it. Everything is in the library; see ARCHITECTURE.md.

use std::process::ExitCode;

fn main() -> ExitCode {
    forge::main_with(std::env::args_os().collect())
}
