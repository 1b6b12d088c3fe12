//! The program `krait`.

/// What Rust code allocates; objects come from the allocator of `krait-runtime`.
#[global_allocator]
static ALLOCATOR: krait_host::alloc::Allocator = krait_host::alloc::Allocator;

fn main() {
    let status = krait::main();
    std::process::exit(status);
}
