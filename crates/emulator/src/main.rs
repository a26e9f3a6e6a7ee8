//! An emulated Salesforce org as a program: starts it, says on one line where it is, and serves until it is told to end.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser;
use salesforce_emulator::{Arguments, Server, ready_line, start};

/// A Salesforce org for tests, served on this machine until Ctrl-C.
#[derive(Parser)]
#[command(name = "salesforce-emulator", version)]
struct Program {
    #[command(flatten)]
    arguments: Arguments,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Program::parse().arguments;
    let served = match start(arguments.into()).await {
        Ok(server) => serve(server).await.map_err(|error| error.to_string()),
        Err(error) => Err(format!("the emulator cannot start: {error}")),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // Where standard error is closed, nobody is left to be told.
            let _ = writeln!(io::stderr(), "error: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the ready line and serves until the process is told to end: it can be told as soon as it is ready.
async fn serve(server: Server) -> io::Result<()> {
    let told_to_end = told_to_end()?;
    if let Some(warning) = server.warning() {
        write!(io::stderr(), "{warning}")?;
    }
    writeln!(io::stdout(), "{}", ready_line(&server))?;
    told_to_end.await?;
    server.stop().await;
    Ok(())
}

/// Listens for the end from now on.
#[cfg(unix)]
fn told_to_end() -> io::Result<impl Future<Output = io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    })
}

/// Listens for the end from now on.
#[cfg(not(unix))]
fn told_to_end() -> io::Result<impl Future<Output = io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}
