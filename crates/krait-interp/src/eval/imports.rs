//! `IMPORT_NAME` and `IMPORT_FROM`.

use krait_runtime::frame::StackRef;

use super::machine::*;
use crate::imports;

#[inline(always)]
pub(super) fn import_name(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let module = attempt!(imports::import_name(
        m.frame(),
        m.name(oparg),
        m.object(1),
        m.object(2)
    ));
    m.replace_two(StackRef::from_obj(module));
    m.next(0)
}

#[inline(always)]
pub(super) fn import_from(m: &mut Machine, oparg: u32) -> Flow {
    m.save();
    let value = attempt!(imports::import_from(m.object(1), m.name(oparg)));
    m.push_obj(value);
    m.next(0)
}
