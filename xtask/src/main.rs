//! The project's chores: `cargo xtask CHORE`.

fn main() {
    eprintln!("xtask: no chore given");
    std::process::exit(2);
}
