//! Compiles the variadic functions, which stable Rust cannot define.

fn main() {
    const FOLDER: &str = "src/variadic";
    println!("cargo:rerun-if-changed={FOLDER}");
    cc::Build::new()
        .files(
            ["getargs.c", "build.c", "format.c", "messages.c"]
                .map(|file| format!("{FOLDER}/{file}")),
        )
        .warnings(true)
        .extra_warnings(true)
        .flag_if_supported("-std=c11")
        // Nothing in Rust calls these functions: they are there for extensions.
        .link_lib_modifier("+whole-archive")
        .compile("krait_variadic");
}
