//! `_uuid`: identifiers of time and place (RFC 9562, version 1).

use std::cell::{Cell, RefCell};

use krait_macros::pyfunction;
use krait_runtime::{Interpreter, IntoPy, Obj, PyBytes, PyModule, PyResult, pymodule};

use crate::common::{add_ints, quick};

pymodule! {
    pub UUID = "_uuid", "",
    functions: [generate_time_safe],
    classes: [],
    exec: Some(exec)
}

fn exec(module: &PyModule) -> PyResult<()> {
    add_ints(
        &module.dict(),
        &[
            ("has_uuid_generate_time_safe", 1),
            // The place may be a random number where there is no hardware address.
            ("has_stable_extractable_node", 0),
        ],
    )
}

/// From October 15, 1582, the first day of the Gregorian calendar, to 1970, in units of 100 nanoseconds.
const GREGORIAN: u64 = 0x01B2_1DD2_1381_4000;

/// What identifiers have in common: the place, and what tells clocks that were set back apart.
#[derive(Default)]
struct Source {
    node: RefCell<Option<[u8; 6]>>,
    sequence: Cell<u16>,
    last: Cell<u64>,
}

impl Source {
    /// The hardware address, or a random number that is marked as no address.
    fn node(&self) -> PyResult<[u8; 6]> {
        if let Some(node) = *self.node.borrow() {
            return Ok(node);
        }
        let mut random = [0; 8];
        quick(krait_host::process::urandom(&mut random))?;
        let [a, b, rest @ ..] = random;
        self.sequence.set(u16::from_be_bytes([a, b]) & 0x3FFF);
        let node = krait_host::ids::hardware_address().unwrap_or_else(|| {
            let mut node = rest;
            node[0] |= 1;
            node
        });
        *self.node.borrow_mut() = Some(node);
        Ok(node)
    }

    /// A time that no identifier had before.
    fn time(&self) -> PyResult<u64> {
        let moment = quick(krait_host::time::clock_gettime(libc::CLOCK_REALTIME))?;
        let now = (moment.sec as u64)
            .wrapping_mul(10_000_000)
            .wrapping_add(moment.nsec as u64 / 100)
            .wrapping_add(GREGORIAN);
        let last = self.last.get();
        let time = if now > last {
            now
        } else if last - now < 10_000_000 {
            last + 1
        } else {
            // The clock was set back.
            self.sequence.set((self.sequence.get() + 1) & 0x3FFF);
            now
        };
        self.last.set(time);
        Ok(time)
    }
}

/// An identifier's bytes, and -1: no service makes sure that others never get the same.
#[pyfunction(text_signature = "($self, /)")]
fn generate_time_safe() -> PyResult<Obj> {
    let source = Interpreter::current().extension::<Source>();
    let node = source.node()?;
    let time = source.time()?;
    let sequence = source.sequence.get();
    let mut bytes = Vec::with_capacity(16);
    bytes.extend_from_slice(&(time as u32).to_be_bytes());
    bytes.extend_from_slice(&((time >> 32) as u16).to_be_bytes());
    bytes.extend_from_slice(&((time >> 48) as u16 & 0x0FFF | 0x1000).to_be_bytes());
    bytes.extend_from_slice(&(sequence | 0x8000).to_be_bytes());
    bytes.extend_from_slice(&node);
    (PyBytes::new(&bytes)?, -1).into_py()
}
