//! Exports the C API from the program, so that extension modules find it when they are loaded.

fn main() {
    println!("cargo:rerun-if-changed=exports.list");
    let list = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("exports.list");
    println!(
        "cargo:rustc-link-arg-bins=-Wl,--dynamic-list={}",
        list.display()
    );
}
