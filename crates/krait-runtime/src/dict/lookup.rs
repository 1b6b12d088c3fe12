//! Looking keys up where comparing may run Python code.

use super::keys::{Probe, ProbeState};
use super::{Keys, PyDict};
use crate::object::{Py, PyClass, PyObject};
use crate::{PyResult, PyStr};

impl PyDict {
    /// The index of the entry for `key`, if it has a value.
    #[inline]
    pub(crate) fn find(&self, key: &PyObject, hash: isize) -> PyResult<Option<isize>> {
        let keys = self.keys();
        if keys.is_unicode()
            && let Some(text) = key.downcast_exact::<PyStr>()
        {
            return Ok(self.with_value(keys.find_str(text, hash)));
        }
        self.find_general(key, hash)
    }

    #[inline]
    fn with_value(&self, index: Option<isize>) -> Option<isize> {
        index.filter(|&index| self.values().is_none() || !self.value_at(index).is_null())
    }

    fn find_general(&self, key: &PyObject, hash: isize) -> PyResult<Option<isize>> {
        'restart: loop {
            let keys = self.keys();
            let mut state = keys.start(hash);
            loop {
                match keys.probe(key, hash, state) {
                    Probe::Found(index) => return Ok(self.with_value(Some(index))),
                    Probe::Absent => return Ok(None),
                    Probe::Compare(index, next) => match self.compare_at(keys, index, key)? {
                        Compared::Equal => return Ok(self.with_value(Some(index))),
                        Compared::Different => state = next,
                        Compared::TableChanged => continue 'restart,
                    },
                }
            }
        }
    }

    /// Compares the key of an entry in Python, which may change the dictionary meanwhile.
    fn compare_at(&self, keys: Keys, index: isize, key: &PyObject) -> PyResult<Compared> {
        let candidate_ptr = keys.key_ptr(index);
        // SAFETY: the entry is live; the comparison gets a reference of its own.
        let candidate = unsafe { Py::<PyObject>::from_borrowed_ptr(candidate_ptr) };
        let equal = candidate.eq(key)?;
        let unchanged = self.keys() == keys && keys.key_ptr(index) == candidate_ptr;
        Ok(match (unchanged, equal) {
            (false, _) => Compared::TableChanged,
            (true, true) => Compared::Equal,
            (true, false) => Compared::Different,
        })
    }

    /// Looks an exact `str` up among general keys without running Python code.
    pub(super) fn find_str_general(&self, key: &PyStr, hash: isize) -> Option<isize> {
        let keys = self.keys();
        let mut state: ProbeState = keys.start(hash);
        loop {
            match keys.probe(key.as_object(), hash, state) {
                Probe::Found(index) => return Some(index),
                Probe::Absent => return None,
                Probe::Compare(_, next) => state = next,
            }
        }
    }
}

enum Compared {
    Equal,
    Different,
    TableChanged,
}
