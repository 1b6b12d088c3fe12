//! Where things are: the executable, the prefix, the library.
//!
//! As in CPython, a `pyvenv.cfg` beside the executable or above it marks a virtual environment, and
//! the library lies at `<prefix>/lib/python3.14`. That folder need not exist: the library is in the
//! binary, under that name.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The paths, as bytes.
#[derive(Debug)]
pub(crate) struct Paths {
    pub(crate) executable: Vec<u8>,
    pub(crate) base_executable: Vec<u8>,
    pub(crate) prefix: Vec<u8>,
    pub(crate) base_prefix: Vec<u8>,
    /// The folder of the library.
    pub(crate) stdlib: Vec<u8>,
    /// Whether that folder is a library of its own on the disk.
    pub(crate) stdlib_on_disk: bool,
    /// `PYTHONHOME`
    pub(crate) home: Option<Vec<u8>>,
    /// `sys.path` without the program's own entry.
    pub(crate) search: Vec<Vec<u8>>,
}

fn bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

impl Paths {
    /// Finds the paths of the program that was started under a name.
    pub(crate) fn find(
        program: &[u8],
        home: Option<Vec<u8>>,
        python_path: Option<Vec<u8>>,
    ) -> Paths {
        let executable = find_executable(program);
        let (prefix, base_prefix, base_executable) = match virtual_environment(&executable) {
            Some((root, base_folder)) => {
                let name = executable
                    .file_name()
                    .map_or_else(|| "krait".into(), OsStr::to_owned);
                let base = base_folder.join(name);
                (root, prefix_of(&base_folder.join("krait")), base)
            }
            None => {
                let real =
                    std::fs::canonicalize(&executable).unwrap_or_else(|_| executable.clone());
                let prefix = prefix_of(&real);
                (prefix.clone(), prefix, executable.clone())
            }
        };
        // The home may name two prefixes; the library is under the first.
        let home_prefix = home
            .as_deref()
            .and_then(|home| home.split(|&byte| byte == b':').next());
        let (prefix, base_prefix) = match home_prefix {
            Some(home) => (path(home), path(home)),
            None => (prefix, base_prefix),
        };
        let mut stdlib = base_prefix.join("lib/python3.14");
        let mut stdlib_on_disk = stdlib.join("os.py").is_file();
        // A home that is a library folder itself will do, too.
        if home_prefix.is_some() && !stdlib_on_disk && base_prefix.join("os.py").is_file() {
            stdlib = base_prefix.clone();
            stdlib_on_disk = true;
        }
        let mut search: Vec<Vec<u8>> = Vec::new();
        if let Some(python_path) = python_path {
            search.extend(python_path.split(|&byte| byte == b':').map(<[u8]>::to_vec));
        }
        search.push(bytes(&base_prefix.join("lib/python314.zip")));
        search.push(bytes(&stdlib));
        search.push(bytes(&stdlib.join("lib-dynload")));
        Paths {
            executable: bytes(&executable),
            base_executable: bytes(&base_executable),
            prefix: bytes(&prefix),
            base_prefix: bytes(&base_prefix),
            stdlib: bytes(&stdlib),
            stdlib_on_disk,
            home,
            search,
        }
    }
}

/// The absolute path of the program, looked up on `PATH` if it has no slash.
fn find_executable(program: &[u8]) -> PathBuf {
    if program.contains(&b'/') {
        let given = path(program);
        return std::path::absolute(&given).unwrap_or(given);
    }
    let search = krait_host::env::get(c"PATH").unwrap_or_default();
    for folder in search
        .split(|&byte| byte == b':')
        .filter(|folder| !folder.is_empty())
    {
        let candidate = path(folder).join(OsStr::from_bytes(program));
        if candidate.is_file() {
            return std::path::absolute(&candidate).unwrap_or(candidate);
        }
    }
    std::env::current_exe().unwrap_or_else(|_| path(program))
}

/// The prefix of an executable: the folder above `bin`, or the executable's own.
fn prefix_of(executable: &Path) -> PathBuf {
    let folder = executable.parent().unwrap_or(Path::new("/"));
    match folder.parent() {
        Some(above) if folder.file_name() == Some(OsStr::new("bin")) => above.to_owned(),
        _ => folder.to_owned(),
    }
}

/// The root of the virtual environment that an executable is in, and its `home` setting.
fn virtual_environment(executable: &Path) -> Option<(PathBuf, PathBuf)> {
    let folder = executable.parent()?;
    for root in [folder, folder.parent()?] {
        let Ok(text) = std::fs::read(root.join("pyvenv.cfg")) else {
            continue;
        };
        let home = text.split(|&byte| byte == b'\n').find_map(|line| {
            let at = line.iter().position(|&byte| byte == b'=')?;
            let (key, value) = (line[..at].trim_ascii(), line[at + 1..].trim_ascii());
            key.eq_ignore_ascii_case(b"home").then(|| value.to_vec())
        })?;
        let root = if root == folder {
            folder.parent()?
        } else {
            root
        };
        return Some((
            root.to_owned(),
            PathBuf::from(std::ffi::OsString::from_vec(home)),
        ));
    }
    None
}
