//! The command line program. Everything is in the library.

fn main() -> std::process::ExitCode {
    orgwright::cli::run(std::env::args_os())
}
