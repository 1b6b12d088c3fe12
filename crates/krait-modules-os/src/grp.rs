//! `grp`: the database of groups.

use krait_host::users::{self, Group};
use krait_macros::pyfunction;
use krait_runtime::object::{Obj, Py};
use krait_runtime::structseq::StructSeq;
use krait_runtime::{PyList, PyModule, PyResult, PyStr, ThreadState, key_error, pymodule};

use crate::common::{c_string, fs_decode, fs_encode, list_of, quick};
use crate::posix::path::Gid;
use crate::pwd::id_object;

pymodule! {
    pub(crate) GRP = "grp",
    "The group database.\n\nIts entries are tuples of four items, which have names too: gr_name, gr_passwd,\ngr_gid, gr_mem.",
    functions: [getgrgid, getgrnam, getgrall],
    classes: [],
    exec: Some(exec)
}

static STRUCT_GROUP: StructSeq = StructSeq::new(
    "grp.struct_group",
    "grp.struct_group: Results from getgr*() routines.\n\nThis object may be accessed either as a tuple of\n  (gr_name,gr_passwd,gr_gid,gr_mem)\nor via the object attributes as named in the above tuple.\n",
    &[
        ("gr_name", "group name"),
        ("gr_passwd", "password"),
        ("gr_gid", "group id"),
        ("gr_mem", "group members"),
    ],
);

fn exec(module: &PyModule) -> PyResult<()> {
    module.add("struct_group", STRUCT_GROUP.class()?)
}

fn entry(group: &Group) -> PyResult<Obj> {
    let members = group.members.iter().map(|member| fs_decode(member));
    STRUCT_GROUP.make(vec![
        fs_decode(&group.name)?.into_object(),
        fs_decode(&group.passwd)?.into_object(),
        id_object(group.gid)?,
        list_of(members)?.into_object(),
    ])
}

/// Return the entry of the group with the given number.
#[pyfunction(signature = "(id)")]
fn getgrgid(id: Gid) -> PyResult<Obj> {
    match quick(ThreadState::allow_threads(|| users::getgrgid(id.0)))? {
        Some(group) => entry(&group),
        None => Err(key_error!(
            "getgrgid(): gid not found: {}",
            id_object(id.0)?.to_display()
        )),
    }
}

/// Return the entry of the group with the given name.
#[pyfunction(signature = "(name)")]
fn getgrnam(name: &PyStr) -> PyResult<Obj> {
    let text = c_string(fs_encode(name)?.as_bytes())?;
    match quick(ThreadState::allow_threads(|| users::getgrnam(&text)))? {
        Some(group) => entry(&group),
        None => Err(key_error!(
            "getgrnam(): name not found: {}",
            name.repr()?.to_string_lossy()
        )),
    }
}

/// Return a list of all entries, in arbitrary order.
#[pyfunction(signature = "()")]
fn getgrall() -> PyResult<Py<PyList>> {
    let all = ThreadState::allow_threads(users::getgrall);
    list_of(all.iter().map(entry))
}
