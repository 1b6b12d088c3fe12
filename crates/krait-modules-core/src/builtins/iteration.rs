//! Iteration: `all`, `any`, `iter`, `next`, `len`, `max`, `min`, `sorted`, `sum`, and the async pair.

use krait_macros::pyfunction;
use krait_runtime::abstract_::{BinaryOp, binary_op};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::seq_iter::PyCallIter;
use krait_runtime::{
    Args, CompareOp, KwArgs, OptionalArg, PyComplex, PyErr, PyFloat, PyList, PyLong, PyResult,
    PyStr, type_error, value_error,
};

/// Return True if bool(x) is True for all values x in the iterable.
///
/// If the iterable is empty, return True.
#[pyfunction(signature = "(iterable, /)")]
pub fn all(iterable: &PyObject) -> PyResult<bool> {
    let iter = iterable.iter()?;
    while let Some(item) = iter.iter_next()? {
        if !item.is_true()? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Return True if bool(x) is True for any x in the iterable.
///
/// If the iterable is empty, return False.
#[pyfunction(signature = "(iterable, /)")]
pub fn any(iterable: &PyObject) -> PyResult<bool> {
    let iter = iterable.iter()?;
    while let Some(item) = iter.iter_next()? {
        if item.is_true()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// iter(iterable) -> iterator
/// iter(callable, sentinel) -> iterator
///
/// Get an iterator from an object.
///
/// In the first form, the argument must supply its own iterator, or be a sequence.
/// In the second form, the callable is called until it returns the sentinel.
#[pyfunction(
    signature = "(object, sentinel=<unrepresentable>, /)",
    text_signature = ""
)]
pub fn iter(object: &PyObject, sentinel: OptionalArg<&PyObject>) -> PyResult<Obj> {
    let Some(sentinel) = sentinel.present() else {
        return object.iter();
    };
    if !object.is_callable() {
        return Err(type_error!("iter(v, w): v must be callable"));
    }
    Ok(PyCallIter::new(object, sentinel)?.into_object())
}

/// Return an AsyncIterator for an AsyncIterable object.
#[pyfunction(signature = "(async_iterable, /)")]
pub fn aiter(async_iterable: &PyObject) -> PyResult<Obj> {
    let Some(iterator) = async_iterable.call_special(krait_runtime::intern!("__aiter__"), &[])?
    else {
        return Err(type_error!(
            "'{}' object is not an async iterable",
            async_iterable.type_().tp_name()
        ));
    };
    if iterator
        .type_()
        .lookup(&*PyStr::intern("__anext__")?)
        .is_none()
    {
        return Err(type_error!(
            "aiter() returned not an async iterator of type '{}'",
            iterator.type_().tp_name()
        ));
    }
    Ok(iterator)
}

/// Return the next item from the async iterator.
///
/// If default is given and the async iterator is exhausted, it is returned instead of raising
/// StopAsyncIteration.
#[pyfunction(
    signature = "(aiterator, default=<unrepresentable>, /)",
    text_signature = "($module, aiterator, default=<unrepresentable>, /)"
)]
pub fn anext(aiterator: &PyObject, default: OptionalArg<&PyObject>) -> PyResult<Obj> {
    let Some(awaitable) = aiterator.call_special(krait_runtime::intern!("__anext__"), &[])? else {
        return Err(type_error!(
            "'{}' object is not an async iterator",
            aiterator.type_().tp_name()
        ));
    };
    match default.present() {
        None => Ok(awaitable),
        Some(default) => {
            let hooks = krait_runtime::Interpreter::current().hooks.get();
            (hooks.anext_with_default)(&awaitable, default)
        }
    }
}

/// Return the number of items in a container.
#[pyfunction(signature = "(obj, /)")]
pub fn len(obj: &PyObject) -> PyResult<usize> {
    obj.length()
}

/// next(iterator[, default])
///
/// Return the next item from the iterator.
///
/// If default is given and the iterator is exhausted, it is returned instead of raising
/// StopIteration.
#[pyfunction(
    signature = "(iterator, default=<unrepresentable>, /)",
    text_signature = ""
)]
pub fn next(iterator: &PyObject, default: OptionalArg<&PyObject>) -> PyResult<Obj> {
    if !iterator.is_iterator() {
        return Err(type_error!(
            "'{}' object is not an iterator",
            iterator.type_().tp_name()
        ));
    }
    if let Some(default) = default.present() {
        return Ok(iterator.iter_next()?.unwrap_or_else(|| default.to_obj()));
    }
    iterator.iter_next_or_stop()
}

/// The extreme of the arguments, or of the items of one iterable.
fn extreme(name: &str, op: CompareOp, args: &Args<'_>, kwargs: &KwArgs<'_>) -> PyResult<Obj> {
    let given = kwargs.iter().count();
    if given > 2 {
        return Err(type_error!(
            "{name}() takes at most 2 keyword arguments ({given} given)"
        ));
    }
    let (mut key, mut default) = (None, None);
    for (keyword, value) in kwargs.iter() {
        match () {
            () if keyword.is_text("key") => key = Some(value),
            () if keyword.is_text("default") => default = Some(value),
            () => {
                return Err(type_error!(
                    "{name}() got an unexpected keyword argument '{}'",
                    keyword.to_string_lossy()
                ));
            }
        }
    }
    let key = key.filter(|key| !key.is(krait_runtime::none()));
    // The best item, and what the key function made of it if there is one.
    let mut best: Option<(Obj, Option<Obj>)> = None;
    let mut consider = |item: Obj| -> PyResult<()> {
        let value = key.map(|key| key.call1(&item)).transpose()?;
        let better = match &best {
            Some((best, current)) => {
                let current = current.as_ref().unwrap_or(best);
                value.as_ref().unwrap_or(&item).compare_bool(current, op)?
            }
            None => true,
        };
        if better {
            best = Some((item, value));
        }
        Ok(())
    };
    match args.len() {
        0 => return Err(type_error!("{name} expected at least 1 argument, got 0")),
        1 => {
            for iterable in args.iter() {
                let iter = iterable.iter()?;
                while let Some(item) = iter.iter_next()? {
                    consider(item)?;
                }
            }
        }
        _ if default.is_some() => {
            return Err(type_error!(
                "Cannot specify a default for {name}() with multiple positional arguments"
            ));
        }
        _ => args.iter().try_for_each(|item| consider(item.to_obj()))?,
    }
    match (best, default) {
        (Some((item, _)), _) => Ok(item),
        (None, Some(default)) => Ok(default.to_obj()),
        (None, None) => Err(value_error!("{name}() iterable argument is empty")),
    }
}

/// max(iterable, *[, default=obj, key=func]) -> value
/// max(arg1, arg2, *args, *[, key=func]) -> value
///
/// With a single iterable argument, return its biggest item. The default keyword-only argument
/// specifies an object to return if the provided iterable is empty.
/// With two or more positional arguments, return the largest argument.
#[pyfunction(signature = "(*args, **kwargs)", text_signature = "")]
pub fn max(args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Obj> {
    extreme("max", CompareOp::Gt, &args, &kwargs)
}

/// min(iterable, *[, default=obj, key=func]) -> value
/// min(arg1, arg2, *args, *[, key=func]) -> value
///
/// With a single iterable argument, return its smallest item. The default keyword-only argument
/// specifies an object to return if the provided iterable is empty.
/// With two or more positional arguments, return the smallest argument.
#[pyfunction(signature = "(*args, **kwargs)", text_signature = "")]
pub fn min(args: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Obj> {
    extreme("min", CompareOp::Lt, &args, &kwargs)
}

/// Return a new list containing all items from the iterable in ascending order.
///
/// A custom key function can be supplied to customize the sort order, and the reverse flag can be
/// set to request the result in descending order.
#[pyfunction(signature = "(iterable, /, *, key=None, reverse=False)")]
pub fn sorted(iterable: &PyObject, key: Option<&PyObject>, reverse: bool) -> PyResult<Py<PyList>> {
    let list = PyList::new()?;
    list.extend(iterable)?;
    list.sort(key, reverse)?;
    Ok(list)
}

/// Return the sum of a 'start' value (default: 0) plus an iterable of numbers
///
/// When the iterable is empty, return the start value.
/// This function is intended specifically for use with numeric values and may reject non-numeric
/// types.
#[pyfunction(signature = "(iterable, /, start=0)")]
pub fn sum(iterable: &PyObject, start: OptionalArg<&PyObject>) -> PyResult<Obj> {
    let iter = iterable.iter()?;
    let start = match start.present() {
        None => PyLong::from_i64(0)?.into_object(),
        Some(start) => {
            let refuse = |kind: &str, instead: &str| -> PyErr {
                type_error!("sum() can't sum {kind} [use {instead}.join(seq) instead]")
            };
            if start.is_instance_of::<PyStr>() {
                return Err(refuse("strings", "''"));
            }
            if start.is_instance_of::<krait_runtime::PyBytes>() {
                return Err(refuse("bytes", "b''"));
            }
            if start.is_instance_of::<krait_runtime::bytearray::PyByteArray>() {
                return Err(refuse("bytearray", "b''"));
            }
            start.to_obj()
        }
    };
    sum_items(&iter, start)
}

/// Adds items up, in machine numbers as long as they are plain ints or floats.
fn sum_items(iter: &PyObject, start: Obj) -> PyResult<Obj> {
    let mut total = start;
    loop {
        if total.is_exact::<PyLong>()
            && let Some(value) = total.int_value()
        {
            match sum_ints(iter, value)? {
                Summed::End(result) => return Ok(result),
                Summed::Other(sum, item) => total = binary_op(&sum, &item, BinaryOp::Add)?,
            }
        } else if let Some(float) = total.downcast_exact::<PyFloat>() {
            match sum_floats(iter, float.value())? {
                Summed::End(result) => return Ok(result),
                Summed::Other(sum, item) => total = binary_op(&sum, &item, BinaryOp::Add)?,
            }
        } else if let Some(complex) = total.downcast_exact::<PyComplex>() {
            match sum_complexes(iter, complex)? {
                Summed::End(result) => return Ok(result),
                Summed::Other(sum, item) => total = binary_op(&sum, &item, BinaryOp::Add)?,
            }
        } else {
            let Some(item) = iter.iter_next()? else {
                return Ok(total);
            };
            total = binary_op(&total, &item, BinaryOp::Add)?;
        }
        if !total.is_exact::<PyFloat>()
            && !total.is_exact::<PyComplex>()
            && (!total.is_exact::<PyLong>() || total.int_value().is_none())
        {
            while let Some(item) = iter.iter_next()? {
                total = binary_op(&total, &item, BinaryOp::Add)?;
            }
            return Ok(total);
        }
    }
}

/// How far a quick sum came.
enum Summed {
    /// To the end.
    End(Obj),
    /// To an item that it cannot add.
    Other(Obj, Obj),
}

fn sum_ints(iter: &PyObject, start: i64) -> PyResult<Summed> {
    let mut sum = start;
    while let Some(item) = iter.iter_next()? {
        let plain = item.is_exact::<PyLong>() || item.is_exact::<krait_runtime::PyBool>();
        match item
            .int_value()
            .filter(|_| plain)
            .and_then(|value| sum.checked_add(value))
        {
            Some(total) => sum = total,
            None => return Ok(Summed::Other(PyLong::from_i64(sum)?.into_object(), item)),
        }
    }
    Ok(Summed::End(PyLong::from_i64(sum)?.into_object()))
}

/// Neumaier's compensated summation, as CPython has had it since 3.12.
#[derive(Clone, Copy)]
struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    fn new(start: f64) -> Self {
        Self {
            sum: start,
            lost: 0.0,
        }
    }

    #[inline(always)]
    fn add(&mut self, value: f64) {
        let total = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - total) + value
        } else {
            (value - total) + self.sum
        };
        self.sum = total;
    }

    fn finish(self) -> f64 {
        if self.lost.is_finite() && self.lost != 0.0 {
            self.sum + self.lost
        } else {
            self.sum
        }
    }
}

fn sum_floats(iter: &PyObject, start: f64) -> PyResult<Summed> {
    let mut sum = Compensated::new(start);
    while let Some(item) = iter.iter_next()? {
        if let Some(float) = item.downcast_exact::<PyFloat>() {
            sum.add(float.value());
        } else if let Some(int) = item.downcast::<PyLong>() {
            sum.add(int.to_f64()?);
        } else {
            let sum = PyFloat::new(sum.finish())?.into_object();
            return Ok(Summed::Other(sum, item));
        }
    }
    Ok(Summed::End(PyFloat::new(sum.finish())?.into_object()))
}

fn sum_complexes(iter: &PyObject, start: &PyComplex) -> PyResult<Summed> {
    let start = start.value();
    let (mut real, mut imag) = (Compensated::new(start.real), Compensated::new(start.imag));
    let finish = |real: Compensated, imag: Compensated| {
        PyComplex::new(real.finish(), imag.finish()).map(Py::into_object)
    };
    while let Some(item) = iter.iter_next()? {
        if let Some(complex) = item.downcast_exact::<PyComplex>() {
            let value = complex.value();
            real.add(value.real);
            imag.add(value.imag);
        } else if let Some(float) = item.downcast_exact::<PyFloat>() {
            real.add(float.value());
        } else if let Some(int) = item.downcast::<PyLong>() {
            real.add(int.to_f64()?);
        } else {
            return Ok(Summed::Other(finish(real, imag)?, item));
        }
    }
    finish(real, imag).map(Summed::End)
}
