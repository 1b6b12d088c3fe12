//! `mmap`: files in memory.

mod object;

use krait_runtime::{PyModule, PyResult, exc, pymodule};

use crate::common::{add_ints, constants};

pymodule! {
    pub(crate) MMAP = "mmap",
    "",
    functions: [],
    classes: [object::PyMmap],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    let dict = module.dict();
    dict.set("error", &exc::OSError)?;
    let page = krait_host::mmap::page_size() as i64;
    add_ints(
        &dict,
        &[
            ("ACCESS_DEFAULT", object::ACCESS_DEFAULT.into()),
            ("ACCESS_READ", object::ACCESS_READ.into()),
            ("ACCESS_WRITE", object::ACCESS_WRITE.into()),
            ("ACCESS_COPY", object::ACCESS_COPY.into()),
            ("PAGESIZE", page),
            ("ALLOCATIONGRANULARITY", page),
        ],
    )?;
    #[cfg(target_arch = "x86_64")]
    constants!(&dict, MAP_32BIT)?;
    constants!(
        &dict,
        PROT_EXEC PROT_READ PROT_WRITE MAP_SHARED MAP_PRIVATE MAP_ANON MAP_ANONYMOUS MAP_DENYWRITE
        MAP_EXECUTABLE MAP_NORESERVE MAP_POPULATE MAP_STACK MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL
        MADV_WILLNEED MADV_DONTNEED MADV_REMOVE MADV_DONTFORK MADV_DOFORK MADV_HWPOISON
        MADV_MERGEABLE MADV_UNMERGEABLE MADV_HUGEPAGE MADV_NOHUGEPAGE MADV_DONTDUMP MADV_DODUMP
        MADV_FREE
    )
}
