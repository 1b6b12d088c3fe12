//! Marshalled constants and code against bytes from CPython, and hostile bytes.

use super::*;
use crate::code::Const;

/// marshal.dumps(compile("x='a b'\ndef f(a): return 'hello w', a, 1000, 1.5\nclass C:\n  def g(self):
/// return 'hello w', (1,2)", "some file.py", "exec")) of CPython 3.14.
const MODULE: &[u8] = include_bytes!("module.marshal");

#[test]
fn cpythons_bytes_come_back() {
    let code = read_code(MODULE).unwrap();
    assert_eq!(code.name.as_str(), Some("<module>"));
    assert_eq!(write_code(&code), MODULE);
}

#[test]
fn constants_come_back() {
    for value in [
        Const::from(0),
        Const::from(-1 << 40),
        Const::from(i64::MAX),
        Const::Float(1.5),
        Const::Complex(0.0, -1.0),
        Const::from("é"),
        Const::Bytes(vec![0, 255]),
        Const::Tuple(vec![
            Const::None,
            Const::True,
            Const::Ellipsis,
            Const::from("a b"),
        ]),
        Const::FrozenSet(vec![Const::from(1), Const::from("x")]),
        Const::Slice(Box::new([Const::from(1), Const::None, Const::from(1)])),
    ] {
        assert_eq!(read(&write(&value)), Ok(value));
    }
}

#[test]
fn hostile_bytes_are_errors() {
    for end in 0..MODULE.len() {
        assert!(read(&MODULE[..end]).is_err());
    }
    for at in 0..MODULE.len() {
        for byte in [0, b'r', b'(', b'c', 0x7F, 0xFF] {
            let mut bytes = MODULE.to_vec();
            bytes[at] = byte;
            let _ = read(&bytes);
        }
    }
    assert_eq!(
        read(&[b')'; 100_000]),
        Err(MarshalError::Bad("recursion limit exceeded"))
    );
    let laughs = [b"\xa9\x02NN".to_vec(), b"r\0\0\0\0".repeat(2)].concat();
    assert!(read(&laughs).is_ok());
    assert_eq!(read(b"(\xff\xff\xff\x7f"), Err(MarshalError::Eof));
}
