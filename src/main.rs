//! The `countersign` program; all of it is [`countersign::cli`].

/// Half of a run's time was the system allocator's: values are made by one thread and dropped by another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    countersign::cli::main().into()
}
