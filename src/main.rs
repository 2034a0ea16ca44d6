//! The `countersign` program; all of it is [`countersign::cli`].

fn main() -> std::process::ExitCode {
    countersign::cli::main().into()
}
