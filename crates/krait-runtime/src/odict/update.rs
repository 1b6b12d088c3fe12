//! `OrderedDict.update`: items come in through `[]`, so that subclasses see them.

use crate::object::{Obj, PyObject};
use crate::{PyDict, PyResult};

/// Sets the items of a mapping, or of an iterable of pairs.
pub(super) fn update_from(target: &PyObject, source: Option<&PyObject>) -> PyResult<()> {
    let Some(source) = source else {
        return Ok(());
    };
    if let Some(dict) = source.downcast_exact::<PyDict>() {
        return add_items(target, Some(dict));
    }
    if let Some(keys) = source.lookup_attr(crate::intern!("keys"))? {
        for key in keys.call0()?.try_iter()? {
            let key = key?;
            let value = source.get_item(&key)?;
            target.set_item(&key, &value)?;
        }
        return Ok(());
    }
    match source.lookup_attr(crate::intern!("items"))? {
        Some(items) => add_pairs(target, &*items.call0()?),
        None => add_pairs(target, source),
    }
}

/// Sets the items of a plain dictionary.
pub(super) fn add_items(target: &PyObject, items: Option<&PyDict>) -> PyResult<()> {
    for (key, value) in items.map(PyDict::items_vec).unwrap_or_default() {
        target.set_item(&key, &value)?;
    }
    Ok(())
}

fn add_pairs(target: &PyObject, pairs: &PyObject) -> PyResult<()> {
    for pair in pairs.try_iter()? {
        let items: Vec<Obj> = pair?.to_vec()?;
        match &items[..] {
            [key, value] => target.set_item(key, value)?,
            [] | [_] => {
                return Err(crate::value_error!(
                    "need more than {} value{} to unpack",
                    items.len(),
                    if items.len() == 1 { "" } else { "s" }
                ));
            }
            _ => {
                return Err(crate::value_error!(
                    "too many values to unpack (expected 2)"
                ));
            }
        }
    }
    Ok(())
}
