//! The program `krait`.

/// What Rust code allocates; objects come from the allocator of `krait-runtime`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let status = krait::main();
    std::process::exit(status);
}
