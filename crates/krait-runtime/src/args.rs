//! Argument parsing for native functions, with the messages of CPython's Argument Clinic.
//!
//! Invariants:
//! 1. Parsing converts nothing and runs no Python code: it only sorts borrowed arguments into slots, one for each named
//!    parameter. A slot beyond the end of what [`CallArgs::parse`] gives back is a missing argument.
//! 2. The fast path (no keywords, a fitting number of arguments) copies and allocates nothing: the caller's own array
//!    serves as the slots.

use krait_abi as abi;

use crate::object::{Obj, Py, PyClass, PyObject};
use crate::{PyDict, PyErr, PyResult, PyStr, PyTuple, PyType};

/// What a native function accepts: a static table next to its trampoline.
#[derive(Debug)]
pub struct ArgSpec {
    /// The name in error messages; empty for functions whose messages name none.
    pub function: &'static str,
    /// The named parameters in order: positional-only, positional or keyword, keyword-only.
    pub params: &'static [&'static str],
    /// How many parameters are positional-only.
    pub positional_only: usize,
    /// How many may be given by position.
    pub positional: usize,
    /// How many of those are required.
    pub required: usize,
    /// How many keyword-only parameters are required; they come before the optional ones.
    pub required_keywords: usize,
    /// Whether there is `*args`.
    pub varargs: bool,
    /// Whether there is `**kwargs`.
    pub varkeywords: bool,
    /// Whether the only argument is positional (`METH_O`), which messages do not number.
    pub single: bool,
}

/// The slots of one call: an argument for each named parameter, `None` for a missing one.
pub type Slots<'a> = &'a [Option<&'a PyObject>];

/// The arguments of one call as the caller gave them.
pub struct CallArgs<'a> {
    positional: &'a [&'a PyObject],
    keywords: Keywords<'a>,
}

enum Keywords<'a> {
    None,
    /// Vectorcall's tuple of names, and the values.
    Names(&'a PyTuple, &'a [&'a PyObject]),
    /// The items of a dictionary, owned so that nothing can take them away during the call.
    Items(Vec<(Obj, Obj)>),
}

impl Keywords<'_> {
    fn len(&self) -> usize {
        match self {
            Keywords::None => 0,
            Keywords::Names(_, values) => values.len(),
            Keywords::Items(items) => items.len(),
        }
    }

    fn get(&self, index: usize) -> Option<(&PyObject, &PyObject)> {
        match self {
            Keywords::None => None,
            Keywords::Names(names, values) => {
                let name: &PyObject = names.as_slice().get(index)?;
                Some((name, values.get(index)?))
            }
            Keywords::Items(items) => items.get(index).map(|(name, value)| (&**name, &**value)),
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&PyObject, &PyObject)> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    fn contains(&self, name: &str) -> bool {
        self.iter()
            .any(|(key, _)| key.downcast::<PyStr>().is_some_and(|key| key.is_text(name)))
    }
}

impl<'a> CallArgs<'a> {
    /// The arguments of `METH_FASTCALL`, with or without keywords.
    ///
    /// # Safety
    /// `args` points at `nargs` live objects, followed by one for each name in the tuple `kwnames` (which may be null);
    /// all stay alive for `'a`.
    #[inline(always)]
    pub unsafe fn vector(
        args: *const *mut abi::PyObject,
        nargs: isize,
        kwnames: *mut abi::PyObject,
    ) -> Self {
        let count = nargs as usize;
        // SAFETY: the caller's contract; a reference is a non-null pointer. No arguments may come with a null pointer.
        let positional = unsafe { objects(args, count) };
        // SAFETY: the caller's contract: null or a tuple.
        let names = unsafe { kwnames.cast::<PyTuple>().as_ref() };
        let keywords = match names {
            Some(names) if !names.is_empty() => {
                // SAFETY: the caller's contract: the keywords' values follow.
                Keywords::Names(names, unsafe { objects(args.add(count), names.len()) })
            }
            _ => Keywords::None,
        };
        Self {
            positional,
            keywords,
        }
    }

    /// The arguments of a `vectorcallfunc`: as [`CallArgs::vector`], with the flag bit of `nargsf`.
    ///
    /// # Safety
    /// As [`CallArgs::vector`].
    #[inline(always)]
    pub unsafe fn vectorcall(
        args: *const *mut abi::PyObject,
        nargsf: usize,
        kwnames: *mut abi::PyObject,
    ) -> Self {
        // SAFETY: the caller's contract.
        unsafe {
            Self::vector(
                args,
                (nargsf & !crate::call::ARGUMENTS_OFFSET) as isize,
                kwnames,
            )
        }
    }

    /// A tuple of positional arguments and a dictionary of keywords.
    pub fn tuple_and_dict(args: &'a PyTuple, kwargs: Option<&PyDict>) -> Self {
        let keywords = match kwargs {
            Some(kwargs) if !kwargs.is_empty() => Keywords::Items(kwargs.items_vec()),
            _ => Keywords::None,
        };
        // SAFETY: the tuple holds its items for as long as it is borrowed, and nobody changes a tuple that is in use.
        let positional = unsafe { objects(args.as_slice().as_ptr().cast(), args.len()) };
        Self {
            positional,
            keywords,
        }
    }

    /// The arguments of `T`'s `tp_new`. Where it takes no keywords, those of a subclass with an `__init__` of its own
    /// are not its business.
    ///
    /// # Safety
    /// `args` is a tuple, `kwargs` a dictionary or null; both are borrowed for the call.
    pub unsafe fn of_new<T: PyClass>(
        class: &PyType,
        args: *mut abi::PyObject,
        kwargs: *mut abi::PyObject,
        spec: &ArgSpec,
    ) -> Self {
        let own = T::type_object();
        let foreign = !std::ptr::eq(class, own)
            && class.raw().tp_init.get().map(|slot| slot as usize)
                != own.raw().tp_init.get().map(|slot| slot as usize);
        // SAFETY: the caller's contract.
        unsafe { Self::of_constructor(args, kwargs, foreign && !spec.takes_keywords()) }
    }

    /// The arguments of `T`'s `tp_init`; the mirror image of [`CallArgs::of_new`].
    ///
    /// # Safety
    /// As [`CallArgs::of_new`].
    pub unsafe fn of_init<T: PyClass>(
        object: &T,
        args: *mut abi::PyObject,
        kwargs: *mut abi::PyObject,
        spec: &ArgSpec,
    ) -> Self {
        let own = T::type_object();
        let class = object.as_object().type_();
        let foreign = !std::ptr::eq(class, own)
            && class.raw().tp_new.get().map(|slot| slot as usize)
                != own.raw().tp_new.get().map(|slot| slot as usize);
        // SAFETY: the caller's contract.
        unsafe { Self::of_constructor(args, kwargs, foreign && !spec.takes_keywords()) }
    }

    unsafe fn of_constructor(
        args: *mut abi::PyObject,
        kwargs: *mut abi::PyObject,
        ignore_keywords: bool,
    ) -> Self {
        // SAFETY: the caller's contract: a tuple, a dictionary or null.
        let (args, kwargs) =
            unsafe { (&*args.cast::<PyTuple>(), kwargs.cast::<PyDict>().as_ref()) };
        Self::tuple_and_dict(args, kwargs.filter(|_| !ignore_keywords))
    }

    /// Sorts the arguments into slots, in the order of `spec.params`.
    #[inline(always)]
    pub fn parse<'b>(
        &'b self,
        spec: &'static ArgSpec,
        buffer: &'b mut [Option<&'b PyObject>],
    ) -> PyResult<Slots<'b>> {
        let given = self.positional.len();
        let fits =
            given >= spec.required && given <= spec.positional && spec.required_keywords == 0;
        if fits && matches!(self.keywords, Keywords::None) {
            return Ok(slots(self.positional));
        }
        self.unpack(spec, buffer)
    }

    #[inline(never)]
    fn unpack<'b>(
        &'b self,
        spec: &'static ArgSpec,
        buffer: &'b mut [Option<&'b PyObject>],
    ) -> PyResult<Slots<'b>> {
        let given = self.positional.len();
        let fixed = &self.positional[..given.min(spec.positional)];
        if !spec.takes_keywords() {
            if self.keywords.len() > 0 {
                return Err(crate::type_error!(
                    "{}() takes no keyword arguments",
                    spec.function
                ));
            }
            let most = if spec.varargs {
                usize::MAX
            } else {
                spec.positional
            };
            check_positional(spec.function, given, spec.required, most)?;
            return Ok(slots(fixed));
        }
        self.check_counts(spec)?;
        for (slot, argument) in buffer.iter_mut().zip(fixed) {
            *slot = Some(argument);
        }
        let mut stray = false;
        for (name, value) in self.keywords.iter() {
            let Some(name) = name.downcast::<PyStr>() else {
                return Err(crate::type_error!("keywords must be strings"));
            };
            match spec.keyword_index(name) {
                Some(index) if buffer[index].is_none() => buffer[index] = Some(value),
                Some(_) => stray = true,
                None => stray |= !spec.varkeywords,
            }
        }
        let is_required = |index| {
            index < spec.required
                || (index >= spec.positional && index < spec.positional + spec.required_keywords)
        };
        if let Some(index) =
            (0..buffer.len()).find(|&index| buffer[index].is_none() && is_required(index))
        {
            return Err(crate::type_error!(
                "{} missing required argument '{}' (pos {})",
                spec.subject("function"),
                spec.params[index],
                index + 1
            ));
        }
        if stray {
            Err(self.stray_keyword(spec, given))
        } else {
            Ok(buffer)
        }
    }

    /// Refuses too many arguments, and too few positional-only ones.
    fn check_counts(&self, spec: &ArgSpec) -> PyResult<()> {
        let given = self.positional.len();
        let total = given + self.keywords.len();
        let function = || spec.subject("function");
        if !spec.varargs && !spec.varkeywords && total > spec.params.len() {
            return Err(crate::type_error!(
                "{} takes at most {} {}argument{} ({total} given)",
                function(),
                spec.params.len(),
                if given == 0 { "keyword " } else { "" },
                plural(spec.params.len()),
            ));
        }
        let required = spec.required.min(spec.positional_only);
        let (bound, limit) = if given > spec.positional && !spec.varargs {
            if spec.positional == 0 {
                return Err(crate::type_error!(
                    "{} takes no positional arguments",
                    function()
                ));
            }
            ("at most", spec.positional)
        } else if given < required {
            ("at least", required)
        } else {
            return Ok(());
        };
        let exact = if bound == "at most" {
            spec.required == spec.positional
        } else {
            required == spec.positional
        };
        Err(crate::type_error!(
            "{} takes {} {limit} positional argument{} ({given} given)",
            function(),
            if exact { "exactly" } else { bound },
            plural(limit),
        ))
    }

    /// The error for a keyword that no parameter takes, or that was given by position too.
    #[cold]
    fn stray_keyword(&self, spec: &ArgSpec, given: usize) -> PyErr {
        let function = spec.subject("this function");
        let by_position = spec.positional_only..given.min(spec.positional);
        if let Some(index) = by_position
            .clone()
            .find(|&index| self.keywords.contains(spec.params[index]))
        {
            return crate::type_error!(
                "argument for {} given by name ('{}') and position ({})",
                spec.subject("function"),
                spec.params[index],
                index + 1
            );
        }
        let names = self
            .keywords
            .iter()
            .filter_map(|(name, _)| name.downcast::<PyStr>());
        for name in names {
            if spec.keyword_index(name).is_none() && !equals_some(name, spec) {
                let text = name.to_string_lossy();
                let accepted = spec.params[spec.positional_only..].iter().copied();
                return match crate::suggestions::closest(&text, accepted) {
                    Some(near) => crate::type_error!(
                        "{function} got an unexpected keyword argument '{text}'. Did you mean '{near}'?"
                    ),
                    None => {
                        crate::type_error!("{function} got an unexpected keyword argument '{text}'")
                    }
                };
            }
        }
        crate::type_error!("invalid keyword argument for {function}")
    }

    /// What `*args` gets: the positional arguments beyond the named ones.
    pub fn rest(&self, spec: &ArgSpec) -> Args<'_> {
        Args(self.positional.get(spec.positional..).unwrap_or_default())
    }

    /// What `**kwargs` gets: the keywords that name no parameter.
    pub fn rest_keywords(&self, spec: &'static ArgSpec) -> KwArgs<'_> {
        KwArgs {
            keywords: &self.keywords,
            spec,
        }
    }
}

impl ArgSpec {
    /// How messages call the function: `f()`, or `nameless` where they name none.
    fn subject(&self, nameless: &str) -> String {
        if self.function.is_empty() {
            nameless.to_owned()
        } else {
            format!("{}()", self.function)
        }
    }

    fn takes_keywords(&self) -> bool {
        self.varkeywords || self.params.len() > self.positional_only
    }

    fn keyword_index(&self, name: &PyStr) -> Option<usize> {
        let index = self.params[self.positional_only..]
            .iter()
            .position(|param| name.is_text(param))?;
        Some(index + self.positional_only)
    }
}

/// `_PyArg_CheckPositional`: refuses a wrong number of arguments; `most` is `usize::MAX` for no limit.
#[inline]
pub fn check_positional(function: &str, given: usize, least: usize, most: usize) -> PyResult<()> {
    if given >= least && given <= most {
        Ok(())
    } else {
        Err(wrong_count(function, given, least, most))
    }
}

#[cold]
fn wrong_count(function: &str, given: usize, least: usize, most: usize) -> PyErr {
    let (bound, limit) = if given < least {
        ("at least ", least)
    } else {
        ("at most ", most)
    };
    if function.is_empty() {
        let bound = if least == most { "exactly " } else { bound };
        return crate::type_error!(
            "function takes {bound}{limit} argument{} ({given} given)",
            plural(limit)
        );
    }
    let bound = if least == most { "" } else { bound };
    crate::type_error!(
        "{function} expected {bound}{limit} argument{}, got {given}",
        plural(limit)
    )
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// # Safety
/// `args` points at `count` live objects (it may be null for none) that stay alive for `'a`.
#[inline(always)]
unsafe fn objects<'a>(args: *const *mut abi::PyObject, count: usize) -> &'a [&'a PyObject] {
    if count == 0 {
        return &[];
    }
    // SAFETY: the caller's contract; a reference is a non-null pointer to a live object.
    unsafe { std::slice::from_raw_parts(args.cast(), count) }
}

#[inline(always)]
fn slots<'a>(arguments: &'a [&'a PyObject]) -> Slots<'a> {
    // SAFETY: an `Option` of a reference is the same pointer, never null here.
    unsafe { std::slice::from_raw_parts(arguments.as_ptr().cast(), arguments.len()) }
}

/// An argument that may be missing, where `None` is a value like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionalArg<T> {
    /// The argument was given.
    Present(T),
    /// The argument was not given.
    Missing,
}

impl<T> OptionalArg<T> {
    /// The argument as an `Option`.
    #[inline]
    pub fn present(self) -> Option<T> {
        match self {
            OptionalArg::Present(value) => Some(value),
            OptionalArg::Missing => None,
        }
    }

    /// The argument, or `default`.
    pub fn unwrap_or(self, default: T) -> T {
        self.present().unwrap_or(default)
    }

    /// Whether the argument was given.
    pub fn is_present(&self) -> bool {
        matches!(self, OptionalArg::Present(_))
    }
}

/// `*args`: borrowed positional arguments.
#[derive(Clone, Copy)]
pub struct Args<'a>(&'a [&'a PyObject]);

impl<'a> Args<'a> {
    /// The arguments.
    pub fn as_slice(&self) -> &'a [&'a PyObject] {
        self.0
    }

    /// The arguments, one by one.
    pub fn iter(
        &self,
    ) -> impl ExactSizeIterator<Item = &'a PyObject> + DoubleEndedIterator + use<'a> {
        self.0.iter().copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The argument at `index`.
    pub fn get(&self, index: usize) -> Option<&'a PyObject> {
        self.0.get(index).copied()
    }

    /// The arguments as a tuple.
    pub fn to_tuple(&self) -> PyResult<Py<PyTuple>> {
        PyTuple::from_exact(self.iter().map(PyClass::to_obj))
    }
}

impl<'a> IntoIterator for Args<'a> {
    type Item = &'a PyObject;
    type IntoIter = std::iter::Copied<std::slice::Iter<'a, &'a PyObject>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().copied()
    }
}

/// `**kwargs`: borrowed keyword arguments that no parameter has taken.
#[derive(Clone, Copy)]
pub struct KwArgs<'a> {
    keywords: &'a Keywords<'a>,
    spec: &'static ArgSpec,
}

impl<'a> KwArgs<'a> {
    /// The names and values, in the caller's order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a PyStr, &'a PyObject)> + use<'a> {
        let spec = self.spec;
        self.keywords
            .iter()
            .filter_map(|(name, value)| Some((name.downcast::<PyStr>()?, value)))
            .filter(move |(name, _)| spec.keyword_index(name).is_none())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// The value of the keyword `name`.
    pub fn get(&self, name: &str) -> Option<&'a PyObject> {
        self.iter()
            .find(|(key, _)| key.is_text(name))
            .map(|(_, value)| value)
    }

    /// The keywords as a dictionary.
    pub fn to_dict(&self) -> PyResult<Py<PyDict>> {
        let dict = PyDict::new()?;
        for (name, value) in self.iter() {
            dict.set_item(name, value)?;
        }
        Ok(dict)
    }
}

/// How messages about arguments name a value's class: None is called by its name.
pub fn argument_type_name(value: &PyObject) -> String {
    if value.is(crate::none()) {
        "None".to_owned()
    } else {
        value.type_().tp_name()
    }
}

/// Whether a keyword whose class compares in its own way says that it is one of the parameters.
#[cold]
fn equals_some(name: &PyStr, spec: &ArgSpec) -> bool {
    let equals = |param: &&str| -> PyResult<bool> { name.eq(&*PyStr::new(param)?) };
    !name.is_exact::<PyStr>()
        && spec.params[spec.positional_only..].iter().any(|param| {
            equals(param).unwrap_or_else(|error| {
                error.clear();
                false
            })
        })
}
