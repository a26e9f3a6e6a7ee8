//! The emulated org as other programs meet it.

mod described;
mod emulated;
mod laws;
mod library;
mod no_silent_success;
mod program;
mod seeds;
mod sharing;
