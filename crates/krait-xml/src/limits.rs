//! The guard against documents that are small and say that they are huge.

use std::cell::Cell;

use crate::error::Error;

/// What a reference to an entity takes at the least in an entity that is read for its declarations alone.
const SHORTEST_REFERENCE: f64 = 22.0;

/// Counts what a document and its external entities give, and what their entities expand to.
#[derive(Debug)]
pub(crate) struct Limits {
    direct: Cell<u64>,
    indirect: Cell<u64>,
    pub(crate) maximum_amplification: Cell<f32>,
    pub(crate) activation_threshold: Cell<u64>,
    pub(crate) maximum_memory: Cell<f32>,
    pub(crate) memory_threshold: Cell<u64>,
}

impl Limits {
    pub(crate) fn new() -> Self {
        Limits {
            direct: Cell::new(0),
            indirect: Cell::new(0),
            maximum_amplification: Cell::new(100.0),
            activation_threshold: Cell::new(8 << 20),
            maximum_memory: Cell::new(100.0),
            memory_threshold: Cell::new(64 << 20),
        }
    }

    pub(crate) fn add_direct(&self, bytes: usize) {
        self.direct.set(self.direct.get() + bytes as u64);
    }

    pub(crate) fn add_indirect(&self, bytes: usize) -> Result<(), Error> {
        self.indirect.set(self.indirect.get() + bytes as u64);
        let (direct, indirect) = (self.direct.get(), self.indirect.get());
        if direct + indirect < self.activation_threshold.get() {
            return Ok(());
        }
        let base = if direct == 0 {
            SHORTEST_REFERENCE
        } else {
            direct as f64
        };
        if (base + indirect as f64) / base > f64::from(self.maximum_amplification.get()) {
            return Err(Error::AmplificationLimit);
        }
        Ok(())
    }

    /// Whether a parser may hold so many bytes for what the document gave.
    pub(crate) fn check_memory(&self, bytes: usize) -> Result<(), Error> {
        let bytes = bytes as u64;
        if bytes < self.memory_threshold.get() {
            return Ok(());
        }
        let direct = self.direct.get();
        if direct > 0 && bytes as f64 / direct as f64 > f64::from(self.maximum_memory.get()) {
            return Err(Error::NoMemory);
        }
        Ok(())
    }
}
