//! Compiles the variadic functions, which stable Rust cannot define.

fn main() {
    const SOURCE: &str = "src/variadic.c";
    println!("cargo:rerun-if-changed={SOURCE}");
    cc::Build::new()
        .file(SOURCE)
        .warnings(true)
        .extra_warnings(true)
        .flag_if_supported("-std=c11")
        // Nothing in Rust calls these functions: they are there for extensions.
        .link_lib_modifier("+whole-archive")
        .compile("krait_variadic");
}
