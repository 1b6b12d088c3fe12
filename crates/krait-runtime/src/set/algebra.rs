//! Union, intersection, difference and their in-place forms.

use super::{PySet, SET_ELEMENT, SetTable};
use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{Args, PyDict, PyResult, PyType};

/// The table of a set or frozenset just made.
pub(super) fn table_of(object: &Obj) -> &SetTable {
    SetTable::of(object).expect("made as a set")
}

/// The class of results: a subclass's operations give plain sets, as in CPython.
pub(super) fn result_class(object: &PyObject) -> &'static PyType {
    if object.is_instance_of::<PySet>() {
        PySet::type_object()
    } else {
        super::PyFrozenSet::type_object()
    }
}

impl SetTable {
    /// A plain set or frozenset with the same items.
    pub(super) fn copied(&self) -> PyResult<Obj> {
        let copy = SetTable::allocate(result_class(self.object()))?;
        table_of(&copy).update(self.object())?;
        Ok(copy)
    }

    /// The items that are also in `other`.
    pub(super) fn intersection(&self, other: &PyObject) -> PyResult<Obj> {
        let result = SetTable::allocate(result_class(self.object()))?;
        let into = table_of(&result);
        if let Some(other) = SetTable::of(other) {
            let (few, many) = if other.len() > self.len() {
                (self, other)
            } else {
                (other, self)
            };
            for (key, hash) in few.keys() {
                if many.contains_hash(&key, hash)? {
                    into.add_hash(&key, hash)?;
                }
            }
            return Ok(result);
        }
        for key in other.try_iter()? {
            let key = key?;
            let hash = key.hash_for(SET_ELEMENT)?;
            if self.contains_hash(&key, hash)? {
                into.add_hash(&key, hash)?;
            }
        }
        Ok(result)
    }

    /// The items that are not in `other`.
    pub(super) fn difference(&self, other: &PyObject) -> PyResult<Obj> {
        let table = SetTable::of(other);
        let dict = other.downcast_exact::<PyDict>();
        if table.is_none() && dict.is_none()
            || table.is_some_and(|other| self.len() >> 2 > other.len())
        {
            let copy = self.copied()?;
            table_of(&copy).difference_update(other)?;
            return Ok(copy);
        }
        let result = SetTable::allocate(result_class(self.object()))?;
        for (key, hash) in self.keys() {
            let there = match (table, dict) {
                (Some(table), _) => table.contains_hash(&key, hash)?,
                (None, Some(dict)) => dict.get_item_hash(&key, hash)?.is_some(),
                (None, None) => false,
            };
            if !there {
                table_of(&result).add_hash(&key, hash)?;
            }
        }
        Ok(result)
    }

    /// Removes the items of an iterable.
    pub(super) fn difference_update(&self, other: &PyObject) -> PyResult<()> {
        match SetTable::of(other) {
            Some(other) if std::ptr::eq(self, other) => self.clear(),
            Some(other) => {
                for (key, hash) in other.keys() {
                    self.discard_hash(&key, hash)?;
                }
            }
            None => {
                for key in other.try_iter()? {
                    let key = key?;
                    let hash = key.hash_for(SET_ELEMENT)?;
                    self.discard_hash(&key, hash)?;
                }
            }
        }
        Ok(())
    }

    /// Removes what is in both and adds what is only in `other`.
    pub(super) fn symmetric_difference_update(&self, other: &PyObject) -> PyResult<()> {
        let toggle = |key: &PyObject, hash: isize| -> PyResult<()> {
            if !self.discard_hash(key, hash)? {
                self.add_hash(key, hash)?;
            }
            Ok(())
        };
        if let Some(table) = SetTable::of(other) {
            if std::ptr::eq(self, table) {
                self.clear();
                return Ok(());
            }
            for (key, hash) in table.keys() {
                toggle(&key, hash)?;
            }
            return Ok(());
        }
        // An item that comes twice must count once.
        let unique = PySet::from_iterable(other)?;
        for (key, hash) in unique.table().keys() {
            toggle(&key, hash)?;
        }
        Ok(())
    }

    /// Takes over the items of another, new set.
    pub(super) fn replace_with(&self, other: &Obj) -> PyResult<()> {
        let table = table_of(other);
        self.clear();
        self.update(table.object())
    }

    /// A copy to which a step is applied with each argument.
    pub(super) fn folded(
        &self,
        others: &Args<'_>,
        step: impl Fn(&SetTable, &PyObject) -> PyResult<Obj>,
    ) -> PyResult<Obj> {
        if others.is_empty() {
            return self.copied();
        }
        let mut result: Option<Obj> = None;
        for other in others.iter() {
            let current = result.as_ref().map_or(self, table_of);
            result = Some(step(current, other)?);
        }
        result.map_or_else(|| self.copied(), Ok)
    }

    /// Whether no item is in both.
    pub(super) fn is_disjoint(&self, other: &PyObject) -> PyResult<bool> {
        if let Some(table) = SetTable::of(other) {
            let (few, many) = if table.len() > self.len() {
                (self, table)
            } else {
                (table, self)
            };
            if std::ptr::eq(few, many) {
                return Ok(self.is_empty());
            }
            for (key, hash) in few.keys() {
                if many.contains_hash(&key, hash)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        for key in other.try_iter()? {
            let key = key?;
            if self.contains_hash(&key, key.hash_for(SET_ELEMENT)?)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The order-independent hash of a frozenset.
    pub(super) fn frozen_hash(&self) -> isize {
        let cached = self.0.hash.get();
        if cached != -1 {
            return cached;
        }
        let shuffle = |hash: u64| ((hash ^ 89_869_747) ^ (hash << 16)).wrapping_mul(3_644_798_167);
        let mut hash = 0_u64;
        for index in 0..=self.mask() {
            if self.key_at(index).is_some() {
                hash ^= shuffle(self.entry(index).hash.get() as u64);
            }
        }
        hash ^= (self.len() as u64 + 1).wrapping_mul(1_927_868_237);
        hash ^= (hash >> 11) ^ (hash >> 25);
        hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
        let hash = if hash == u64::MAX {
            590_923_713
        } else {
            hash as isize
        };
        self.0.hash.set(hash);
        hash
    }
}

/// A set that stands for another as a key: `{1} in {frozenset({1})}` works.
pub(super) fn hashable_key(key: &PyObject) -> PyResult<(Obj, isize)> {
    match key.hash_for(SET_ELEMENT) {
        Ok(hash) => Ok((key.to_obj(), hash)),
        Err(error) if error.matches(&crate::exc::TypeError) && key.is_instance_of::<PySet>() => {
            error.clear();
            let frozen = super::PyFrozenSet::from_iterable(key)?;
            let hash = frozen.table().frozen_hash();
            Ok((Py::into_object(frozen), hash))
        }
        Err(error) => Err(error),
    }
}
