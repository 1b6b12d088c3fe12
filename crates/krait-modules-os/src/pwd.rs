//! `pwd`: the database of users.

use krait_host::users::{self, Passwd};
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::structseq::StructSeq;
use krait_runtime::{
    IntoPy, PyList, PyModule, PyResult, PyStr, ThreadState, exc, key_error, pymodule,
};

use crate::common::{c_string, fs_decode, fs_encode, list_of, quick};
use crate::posix::path::Uid;

pymodule! {
    pub(crate) PWD = "pwd",
    "The password database.\n\nIts entries are tuples of seven items, which have names too: pw_name, pw_passwd,\npw_uid, pw_gid, pw_gecos, pw_dir, pw_shell.",
    functions: [getpwuid, getpwnam, getpwall],
    classes: [],
    exec: Some(exec)
}

static STRUCT_PASSWD: StructSeq = StructSeq::new(
    "pwd.struct_passwd",
    "pwd.struct_passwd: Results from getpw*() routines.\n\nThis object may be accessed either as a tuple of\n  (pw_name,pw_passwd,pw_uid,pw_gid,pw_gecos,pw_dir,pw_shell)\nor via the object attributes as named in the above tuple.",
    &[
        ("pw_name", "user name"),
        ("pw_passwd", "password"),
        ("pw_uid", "user id"),
        ("pw_gid", "group id"),
        ("pw_gecos", "real name"),
        ("pw_dir", "home directory"),
        ("pw_shell", "shell program"),
    ],
);

fn exec(module: &PyModule) -> PyResult<()> {
    module.add("struct_passwd", STRUCT_PASSWD.class()?)
}

/// A number of a user or group; −1 is shown for the one that means none.
pub(crate) fn id_object(id: u32) -> PyResult<Obj> {
    if id == u32::MAX {
        (-1).into_py()
    } else {
        id.into_py()
    }
}

fn entry(user: &Passwd) -> PyResult<Obj> {
    STRUCT_PASSWD.make(vec![
        fs_decode(&user.name)?.into_object(),
        fs_decode(&user.passwd)?.into_object(),
        id_object(user.uid)?,
        id_object(user.gid)?,
        fs_decode(&user.gecos)?.into_object(),
        fs_decode(&user.dir)?.into_object(),
        fs_decode(&user.shell)?.into_object(),
    ])
}

/// Return the entry of the user with the given number.
#[pyfunction(signature = "(uidobj, /)")]
fn getpwuid(uidobj: &PyObject) -> PyResult<Obj> {
    let uid = match uidobj.extract::<Uid>() {
        Ok(uid) => uid.0,
        Err(error) if error.matches(&exc::OverflowError) => {
            error.clear();
            return Err(key_error!("getpwuid(): uid not found"));
        }
        Err(error) => return Err(error),
    };
    match quick(ThreadState::allow_threads(|| users::getpwuid(uid)))? {
        Some(user) => entry(&user),
        None => Err(key_error!(
            "getpwuid(): uid not found: {}",
            id_object(uid)?.to_display()
        )),
    }
}

/// Return the entry of the user with the given name.
#[pyfunction(signature = "(name, /)")]
fn getpwnam(name: &PyStr) -> PyResult<Obj> {
    let text = c_string(fs_encode(name)?.as_bytes())?;
    match quick(ThreadState::allow_threads(|| users::getpwnam(&text)))? {
        Some(user) => entry(&user),
        None => Err(key_error!(
            "getpwnam(): name not found: {}",
            name.repr()?.to_string_lossy()
        )),
    }
}

/// Return a list of all entries, in arbitrary order.
#[pyfunction(signature = "()")]
fn getpwall() -> PyResult<Py<PyList>> {
    let all = ThreadState::allow_threads(users::getpwall);
    list_of(all.iter().map(entry))
}
