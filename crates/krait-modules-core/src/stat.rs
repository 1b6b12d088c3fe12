//! `_stat`: the constants and predicates of file modes.

use krait_macros::pyfunction;
use krait_runtime::{PyLong, PyModule, PyObject, PyResult, overflow_error, pymodule};

pymodule! {
    pub STAT = "_stat", "Constants and functions of file modes, flags and the fields of os.stat().",
    functions: [
        S_ISDIR, S_ISCHR, S_ISBLK, S_ISREG, S_ISFIFO, S_ISLNK, S_ISSOCK, S_ISDOOR, S_ISPORT, S_ISWHT,
        S_IMODE, S_IFMT, filemode,
    ],
    classes: [],
    exec: Some(exec)
}

const FORMAT: u32 = 0o170000;

const FORMATS: &[(&str, u32, char)] = &[
    ("S_IFDIR", 0o040000, 'd'),
    ("S_IFCHR", 0o020000, 'c'),
    ("S_IFBLK", 0o060000, 'b'),
    ("S_IFREG", 0o100000, '-'),
    ("S_IFIFO", 0o010000, 'p'),
    ("S_IFLNK", 0o120000, 'l'),
    ("S_IFSOCK", 0o140000, 's'),
];

const CONSTANTS: &[(&str, u32)] = &[
    ("S_IFDOOR", 0),
    ("S_IFPORT", 0),
    ("S_IFWHT", 0),
    ("S_ISUID", 0o4000),
    ("S_ISGID", 0o2000),
    ("S_ISVTX", 0o1000),
    ("S_ENFMT", 0o2000),
    ("S_IREAD", 0o400),
    ("S_IWRITE", 0o200),
    ("S_IEXEC", 0o100),
    ("S_IRWXU", 0o700),
    ("S_IRUSR", 0o400),
    ("S_IWUSR", 0o200),
    ("S_IXUSR", 0o100),
    ("S_IRWXG", 0o070),
    ("S_IRGRP", 0o040),
    ("S_IWGRP", 0o020),
    ("S_IXGRP", 0o010),
    ("S_IRWXO", 0o007),
    ("S_IROTH", 0o004),
    ("S_IWOTH", 0o002),
    ("S_IXOTH", 0o001),
    ("UF_SETTABLE", 0x0000_ffff),
    ("UF_NODUMP", 0x0000_0001),
    ("UF_IMMUTABLE", 0x0000_0002),
    ("UF_APPEND", 0x0000_0004),
    ("UF_OPAQUE", 0x0000_0008),
    ("UF_NOUNLINK", 0x0000_0010),
    ("UF_COMPRESSED", 0x0000_0020),
    ("UF_TRACKED", 0x0000_0040),
    ("UF_DATAVAULT", 0x0000_0080),
    ("UF_HIDDEN", 0x0000_8000),
    ("SF_SETTABLE", 0xffff_0000),
    ("SF_ARCHIVED", 0x0001_0000),
    ("SF_IMMUTABLE", 0x0002_0000),
    ("SF_APPEND", 0x0004_0000),
    ("SF_NOUNLINK", 0x0010_0000),
    ("SF_SNAPSHOT", 0x0020_0000),
    ("SF_FIRMLINK", 0x0080_0000),
    ("SF_DATALESS", 0x4000_0000),
    ("ST_MODE", 0),
    ("ST_INO", 1),
    ("ST_DEV", 2),
    ("ST_NLINK", 3),
    ("ST_UID", 4),
    ("ST_GID", 5),
    ("ST_SIZE", 6),
    ("ST_ATIME", 7),
    ("ST_MTIME", 8),
    ("ST_CTIME", 9),
];

fn exec(module: &PyModule) -> PyResult<()> {
    let formats = FORMATS.iter().map(|&(name, value, _)| (name, value));
    for (name, value) in formats.chain(CONSTANTS.iter().copied()) {
        module.add(name, &*PyLong::from_i64(i64::from(value))?)?;
    }
    Ok(())
}

fn mode_of(object: &PyObject) -> PyResult<u32> {
    let number = object.index()?;
    if number.is_negative() {
        return Err(overflow_error!(
            "can't convert negative value to unsigned int"
        ));
    }
    let number = number
        .to_u64()
        .ok_or_else(|| overflow_error!("Python int too large to convert to C unsigned long"))?;
    u32::try_from(number).map_err(|_| overflow_error!("mode out of range"))
}

macro_rules! predicates {
    ($($(#[$doc:meta])* $name:ident $format:expr;)+) => {$(
        $(#[$doc])*
        #[pyfunction(signature = "($self, object, /)")]
        #[allow(non_snake_case, reason = "CPython's name")]
        fn $name(mode: &PyObject) -> PyResult<bool> {
            let mode = mode_of(mode)?;
            Ok($format.is_some_and(|format: u32| mode & FORMAT == format))
        }
    )+};
}

predicates! {
    /// Whether the mode is a directory's.
    S_ISDIR Some(0o040000);
    /// Whether the mode is a character device's.
    S_ISCHR Some(0o020000);
    /// Whether the mode is a block device's.
    S_ISBLK Some(0o060000);
    /// Whether the mode is a regular file's.
    S_ISREG Some(0o100000);
    /// Whether the mode is a FIFO's.
    S_ISFIFO Some(0o010000);
    /// Whether the mode is a symbolic link's.
    S_ISLNK Some(0o120000);
    /// Whether the mode is a socket's.
    S_ISSOCK Some(0o140000);
    /// Whether the mode is a door's, which Linux does not have.
    S_ISDOOR None;
    /// Whether the mode is an event port's, which Linux does not have.
    S_ISPORT None;
    /// Whether the mode is a whiteout's, which Linux does not have.
    S_ISWHT None;
}

/// Return the part of the mode that os.chmod() can set.
#[pyfunction(signature = "($self, object, /)")]
#[allow(non_snake_case, reason = "CPython's name")]
fn S_IMODE(mode: &PyObject) -> PyResult<u32> {
    Ok(mode_of(mode)? & 0o7777)
}

/// Return the part of the mode that says what kind of file it is.
#[pyfunction(signature = "($self, object, /)")]
#[allow(non_snake_case, reason = "CPython's name")]
fn S_IFMT(mode: &PyObject) -> PyResult<u32> {
    Ok(mode_of(mode)? & FORMAT)
}

/// Convert a file's mode to a string of the form '-rwxrwxrwx'
#[pyfunction(signature = "($self, object, /)")]
fn filemode(mode: &PyObject) -> PyResult<String> {
    let mode = mode_of(mode)?;
    let kind = FORMATS
        .iter()
        .find(|(_, format, _)| mode & FORMAT == *format)
        .map_or('?', |(_, _, letter)| *letter);
    let mut text = String::from(kind);
    for (shift, special, letters) in [(6, 0o4000, "sS"), (3, 0o2000, "sS"), (0, 0o1000, "tT")] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => letters.as_bytes()[0] as char,
            (true, false) => letters.as_bytes()[1] as char,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    Ok(text)
}
