//! The program `krait`.

fn main() {
    let status = krait::main();
    std::process::exit(status);
}
