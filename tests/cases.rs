//! The shipped cases, one trial each, against the embedded mock.

fn main() -> std::process::ExitCode {
    countersign::harness::main("cases", "specs")
}
