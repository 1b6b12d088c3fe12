//! What the embedded library holds and how it is found.

use super::*;

#[test]
fn files_are_found() {
    let entry = find("json/decoder.py").expect("json.decoder");
    let source = String::from_utf8(entry.source().into_owned()).expect("UTF-8");
    assert_eq!(source.len(), entry.size());
    assert!(source.contains("class JSONDecodeError(ValueError):"));
    assert!(source.contains("def __init__(self, msg, doc, pos):"));
    assert!(!source.contains("RUSTPYTHON"));
    assert!(find_module("json").is_some_and(Entry::is_package));
    assert!(find_module("os").is_some_and(|os| os.path() == "os.py"));
    assert!(find("no/such.py").is_none());
    assert!(find("tkinter/__init__.py").is_none());
}

#[test]
fn folders_are_listed() {
    assert!(is_dir("") && is_dir("json") && is_dir("xml/etree/"));
    assert!(!is_dir("jso") && !is_dir("os.py"));
    let names: Vec<&str> = list_dir("json").iter().map(|&(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "__init__.py",
            "__main__.py",
            "decoder.py",
            "encoder.py",
            "scanner.py",
            "tool.py"
        ]
    );
    let xml = list_dir("xml");
    assert!(
        xml.iter()
            .any(|(name, entry)| *name == "etree" && entry.is_none())
    );
}

#[test]
fn nothing_of_another_interpreter_is_left() {
    for entry in iter().filter(|entry| entry.path().ends_with(".py")) {
        let source = entry.source();
        assert_eq!(source.len(), entry.size(), "{}", entry.path());
        let text = String::from_utf8_lossy(&source);
        assert!(
            !text.to_lowercase().contains("rustpython"),
            "{}",
            entry.path()
        );
    }
}

#[test]
fn names_are_put_into_marshalled_code() {
    let named = |name: &str| {
        let mut out = Vec::new();
        marshal_name(&mut out, b'Z' | 0x80, name);
        out
    };
    assert_eq!(named("a.py"), b"\xda\x04a.py");
    assert_eq!(named("é"), b"\xf4\x02\0\0\0\xc3\xa9");
    let long = "x".repeat(300);
    assert!(named(&long).starts_with(b"\xc1\x2c\x01\0\0x"));
}

#[cfg(feature = "compiled")]
#[test]
fn modules_are_compiled() {
    for entry in iter().filter(|entry| entry.path().ends_with(".py")) {
        let code = entry
            .code("/lib/x.py")
            .unwrap_or_else(|| panic!("{}", entry.path()));
        assert!(
            code.windows(9).any(|window| window == b"/lib/x.py"),
            "{}",
            entry.path()
        );
    }
}
