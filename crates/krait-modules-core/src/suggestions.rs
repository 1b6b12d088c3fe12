//! `_suggestions`: the search for what a misspelt name may have meant, for `traceback`.

use krait_macros::pyfunction;
use krait_runtime::{PyList, PyObject, PyResult, PyStr, pymodule, suggestions, type_error};

pymodule! {
    pub SUGGESTIONS = "_suggestions", "Tools for suggestions of names.",
    functions: [_generate_suggestions],
    classes: [],
    exec: None
}

/// Returns the candidate in candidates that's closest to item
#[pyfunction(signature = "(candidates, item, /)")]
fn _generate_suggestions(candidates: &PyObject, item: &PyStr) -> PyResult<Option<String>> {
    let Some(candidates) = candidates.downcast_exact::<PyList>() else {
        return Err(type_error!("candidates must be a list"));
    };
    let mut names = Vec::with_capacity(candidates.len());
    for candidate in candidates.to_vec() {
        let Some(name) = candidate.downcast::<PyStr>() else {
            return Err(type_error!("all elements in 'candidates' must be strings"));
        };
        names.push(name.to_string_lossy());
    }
    let names = names.iter().map(String::as_str);
    Ok(suggestions::closest(&item.to_string_lossy(), names).map(str::to_owned))
}
