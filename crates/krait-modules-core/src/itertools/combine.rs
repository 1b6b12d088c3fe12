//! Combinatorics: `product`, `permutations`, `combinations` and `combinations_with_replacement`.
//!
//! Each keeps the places of the last result in its pools and steps them in lexicographic order.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::err::no_memory;
use krait_runtime::{
    Args, Field, KwArgs, Obj, Py, PyClass, PyLong, PyObject, PyResult, PyTuple, PyType, exc, none,
    overflow_error, type_error, value_error,
};

use super::{pick, pool};

/// Where an iterator stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Fresh,
    Running,
    Done,
}

/// `0..len`, or `MemoryError`.
fn counting(len: usize) -> PyResult<Vec<usize>> {
    let mut indices = Vec::new();
    indices.try_reserve_exact(len).map_err(|_| no_memory())?;
    indices.extend(0..len);
    Ok(indices)
}

fn length(r: isize) -> PyResult<usize> {
    usize::try_from(r).map_err(|_| value_error!("r must be non-negative"))
}

/// The one keyword of `product`.
fn repeat_argument(kwargs: &KwArgs<'_>) -> PyResult<isize> {
    let given = kwargs.iter().count();
    if given > 1 {
        return Err(type_error!(
            "product() takes at most 1 keyword argument ({given} given)"
        ));
    }
    match kwargs.iter().next() {
        None => Ok(1),
        Some((name, value)) if name.is_text("repeat") => value.extract(),
        Some((name, _)) => {
            let name = name.to_string_lossy();
            let near = krait_runtime::suggestions::closest(&name, ["repeat"]);
            let near = near.map_or_else(String::new, |near| format!(". Did you mean '{near}'?"));
            Err(type_error!(
                "product() got an unexpected keyword argument '{name}'{near}"
            ))
        }
    }
}

/// Cartesian product of input iterables. Equivalent to nested for-loops.
///
/// For example, product(A, B) returns the same as: ((x,y) for x in A for y in B). The leftmost
/// iterators are in the outermost for-loop, so the output tuples cycle in a manner similar to an
/// odometer (with the rightmost element changing on every iteration). To compute the product of an
/// iterable with itself, specify the number of repetitions with the keyword argument repeat.
#[pyclass(name = "product", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Product {
    ob_base: PyObject,
    #[traverse]
    pools: Field<PyTuple>,
    indices: RefCell<Vec<usize>>,
    stage: Cell<Stage>,
}

#[pymethods]
impl Product {
    #[pynew(
        signature = "(*iterables, **kwargs)",
        text_signature = "(*iterables, repeat=1)"
    )]
    fn new(class: &PyType, iterables: Args<'_>, kwargs: KwArgs<'_>) -> PyResult<Py<Self>> {
        let repeat = repeat_argument(&kwargs)?;
        let Ok(repeat) = usize::try_from(repeat) else {
            return Err(value_error!("repeat argument cannot be negative"));
        };
        let count = match repeat {
            0 => 0,
            _ => iterables
                .len()
                .checked_mul(repeat)
                .filter(|&count| count <= isize::MAX as usize / size_of::<usize>())
                .ok_or_else(|| overflow_error!("repeat argument too large"))?,
        };
        let indices = counting(count)?.into_iter().map(|_| 0).collect();
        let pools: Vec<Obj> = match repeat {
            0 => Vec::new(),
            _ => iterables
                .iter()
                .map(|iterable| Ok(pool(iterable)?.into_object()))
                .collect::<PyResult<_>>()?,
        };
        let empty = pools
            .iter()
            .any(|pool| pool.downcast::<PyTuple>().is_none_or(PyTuple::is_empty));
        Py::new_in(
            class,
            Product {
                ob_base: PyObject::HEADER,
                pools: Field::new(PyTuple::from_vec(pools)?),
                indices: RefCell::new(indices),
                stage: Cell::new(if empty { Stage::Done } else { Stage::Fresh }),
            },
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let Some(pools) = self.pools.get() else {
            return Ok(None);
        };
        if !self.step(&pools) {
            self.stage.set(Stage::Done);
            return Ok(None);
        }
        let indices = self.indices.borrow();
        let row: Option<Vec<Obj>> = indices
            .iter()
            .enumerate()
            .map(|(place, &index)| pool_at(&pools, place)?.as_slice().get(index).cloned())
            .collect();
        drop(indices);
        match row {
            Some(row) => Ok(Some(PyTuple::from_vec(row)?.into_object())),
            None => Ok(None),
        }
    }

    /// Returns size in memory, in bytes.
    #[pymethod(name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        self.type_().raw().tp_basicsize.get() as usize
            + self.indices.borrow().len() * size_of::<usize>()
    }
}

/// The pool of a place of the result: the pools repeat.
fn pool_at(pools: &PyTuple, place: usize) -> Option<&PyTuple> {
    pools.get(place % pools.len().max(1))?.downcast::<PyTuple>()
}

impl Product {
    /// Moves on to the next row; false at the end.
    fn step(&self, pools: &PyTuple) -> bool {
        match self.stage.get() {
            Stage::Done => return false,
            Stage::Fresh => {
                self.stage.set(Stage::Running);
                return true;
            }
            Stage::Running => {}
        }
        let mut indices = self.indices.borrow_mut();
        for place in (0..indices.len()).rev() {
            indices[place] += 1;
            if pool_at(pools, place).is_some_and(|pool| indices[place] < pool.len()) {
                return true;
            }
            indices[place] = 0;
        }
        false
    }
}

macro_rules! choosers {
    ($($(#[$doc:meta])* $class:ident = $name:literal, $fits:expr, $first:expr, $step:expr;)+) => {$(
        $(#[$doc])*
        #[pyclass(name = $name, module = "itertools", flags(BASETYPE, GC))]
        #[repr(C)]
        pub(super) struct $class {
            ob_base: PyObject,
            #[traverse]
            pool: Field<PyTuple>,
            indices: RefCell<Vec<usize>>,
            stage: Cell<Stage>,
        }

        #[pymethods]
        impl $class {
            #[pynew(signature = "(iterable, r)")]
            fn new(class: &PyType, iterable: &PyObject, r: isize) -> PyResult<Py<Self>> {
                let fits: fn(usize, usize) -> bool = $fits;
                let first: fn(usize) -> PyResult<Vec<usize>> = $first;
                let pool = pool(iterable)?;
                let r = length(r)?;
                let fits = fits(pool.len(), r);
                let indices = if fits { first(r)? } else { Vec::new() };
                Py::new_in(class, $class {
                    ob_base: PyObject::HEADER,
                    pool: Field::new(pool),
                    indices: RefCell::new(indices),
                    stage: Cell::new(if fits { Stage::Fresh } else { Stage::Done }),
                })
            }

            #[slot(tp_iter)]
            fn iter(&self) -> PyResult<Obj> {
                Ok(self.to_obj())
            }

            #[slot(tp_iternext)]
            fn next(&self) -> PyResult<Option<Obj>> {
                let step: fn(&mut [usize], usize) -> bool = $step;
                let (Some(pool), false) = (self.pool.get(), self.stage.get() == Stage::Done) else {
                    return Ok(None);
                };
                let mut indices = self.indices.borrow_mut();
                if self.stage.replace(Stage::Running) == Stage::Running
                    && !step(&mut indices, pool.len())
                {
                    self.stage.set(Stage::Done);
                    return Ok(None);
                }
                let chosen = indices.clone();
                drop(indices);
                pick(&pool, &chosen)
            }

            /// Returns size in memory, in bytes.
            #[pymethod(name = "__sizeof__")]
            fn sizeof(&self) -> usize {
                self.type_().raw().tp_basicsize.get() as usize
                    + self.indices.borrow().len() * size_of::<usize>()
            }
        }
    )+};
}

choosers! {
    /// Return successive r-length combinations of elements in the iterable.
    ///
    /// combinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)
    Combinations = "combinations", |n, r| r <= n, counting, next_combination;
    /// Return successive r-length combinations of elements in the iterable allowing individual
    /// elements to have successive repeats.
    ///
    /// combinations_with_replacement('ABC', 2) --> ('A','A'), ('A','B'), ('A','C'), ('B','B'), ('B','C'), ('C','C')
    CombinationsWithReplacement = "combinations_with_replacement",
        |n, r| n > 0 || r == 0, zeros, next_with_replacement;
}

fn zeros(len: usize) -> PyResult<Vec<usize>> {
    let mut indices = counting(len)?;
    indices.fill(0);
    Ok(indices)
}

/// The rightmost place that can still move up does, and those after it follow it closely.
fn next_combination(indices: &mut [usize], n: usize) -> bool {
    let r = indices.len();
    let Some(place) = (0..r).rev().find(|&place| indices[place] != place + n - r) else {
        return false;
    };
    indices[place] += 1;
    for next in place + 1..r {
        indices[next] = indices[next - 1] + 1;
    }
    true
}

fn next_with_replacement(indices: &mut [usize], n: usize) -> bool {
    let Some(place) = (0..indices.len())
        .rev()
        .find(|&place| indices[place] + 1 != n)
    else {
        return false;
    };
    let index = indices[place] + 1;
    indices[place..].fill(index);
    true
}

/// Return successive r-length permutations of elements in the iterable.
///
/// permutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), (2,0), (2,1)
#[pyclass(name = "permutations", module = "itertools", flags(BASETYPE, GC))]
#[repr(C)]
pub(super) struct Permutations {
    ob_base: PyObject,
    #[traverse]
    pool: Field<PyTuple>,
    indices: RefCell<Vec<usize>>,
    cycles: RefCell<Vec<usize>>,
    stage: Cell<Stage>,
}

#[pymethods]
impl Permutations {
    #[pynew(signature = "(iterable, r=None)")]
    fn new(class: &PyType, iterable: &PyObject, r: Option<&PyObject>) -> PyResult<Py<Self>> {
        let pool = pool(iterable)?;
        let n = pool.len();
        let r = match r.filter(|r| !r.is(none())) {
            None => n,
            Some(r) if r.is_instance_of::<PyLong>() => {
                length(r.as_isize(Some(&exc::OverflowError))?)?
            }
            Some(_) => return Err(type_error!("Expected int as r")),
        };
        let fits = r <= n;
        let cycles = if fits {
            (0..r).map(|place| n - place).collect()
        } else {
            Vec::new()
        };
        Py::new_in(
            class,
            Permutations {
                ob_base: PyObject::HEADER,
                pool: Field::new(pool),
                indices: RefCell::new(counting(n)?),
                cycles: RefCell::new(cycles),
                stage: Cell::new(if fits { Stage::Fresh } else { Stage::Done }),
            },
        )
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        let (Some(pool), false) = (self.pool.get(), self.stage.get() == Stage::Done) else {
            return Ok(None);
        };
        let running = self.stage.replace(Stage::Running) == Stage::Running;
        if running
            && !next_permutation(
                &mut self.indices.borrow_mut(),
                &mut self.cycles.borrow_mut(),
            )
        {
            self.stage.set(Stage::Done);
            return Ok(None);
        }
        let chosen = self.indices.borrow()[..self.cycles.borrow().len()].to_vec();
        pick(&pool, &chosen)
    }

    /// Returns size in memory, in bytes.
    #[pymethod(name = "__sizeof__")]
    fn sizeof(&self) -> usize {
        let places = self.indices.borrow().len() + self.cycles.borrow().len();
        self.type_().raw().tp_basicsize.get() as usize + places * size_of::<usize>()
    }
}

/// Each place goes through what lies behind it; one that is through puts itself back and hands over
/// to the place before.
fn next_permutation(indices: &mut [usize], cycles: &mut [usize]) -> bool {
    let n = indices.len();
    for place in (0..cycles.len()).rev() {
        cycles[place] -= 1;
        if cycles[place] == 0 {
            indices[place..].rotate_left(1);
            cycles[place] = n - place;
        } else {
            indices.swap(place, n - cycles[place]);
            return true;
        }
    }
    false
}
