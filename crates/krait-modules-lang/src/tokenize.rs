//! `_tokenize`: the lexer's tokens, for the `tokenize` module.
//!
//! All lines are read before the first token comes: the lexer works on whole sources.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_parser::tokenize::{TokenInfo, Tokenizer};
use krait_parser::{ErrorKind, SyntaxError};
use krait_runtime::exceptions::exc;
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    Field, IntoPy, PyBytes, PyErr, PyResult, PyStr, PyTuple, PyType, none, pymodule, type_error,
};

pymodule! {
    pub TOKENIZE = "_tokenize", "",
    functions: [],
    classes: [TokenizerIter],
    exec: None,
}

/// A token with what it needs from the source, which does not live as long.
struct Token {
    kind: u8,
    string: String,
    start: (u32, i32),
    end: (u32, i32),
    /// The index of its line in [`Tokens::lines`].
    line: usize,
}

/// The tokens of a source, the first to come at the end.
#[derive(Default)]
struct Tokens {
    lines: Vec<String>,
    rest: Vec<Token>,
    /// What comes after the last token.
    error: Option<SyntaxError>,
    /// The object of the line that the last token was on.
    last_line: Option<(usize, Py<PyStr>)>,
}

impl Tokens {
    fn of(text: &str, extra_tokens: bool) -> Tokens {
        let mut tokens = Tokens::default();
        let mut last: Option<*const str> = None;
        for token in Tokenizer::new(text, extra_tokens) {
            match token {
                Ok(info) => {
                    if last.is_none_or(|last| !std::ptr::eq(last, info.line)) {
                        last = Some(std::ptr::from_ref(info.line));
                        tokens.lines.push(info.line.to_owned());
                    }
                    tokens.push(&info);
                }
                Err(error) => {
                    tokens.error = Some(error);
                    break;
                }
            }
        }
        tokens.rest.reverse();
        tokens
    }

    fn push(&mut self, info: &TokenInfo<'_>) {
        self.rest.push(Token {
            kind: info.kind,
            string: info.string.to_owned(),
            start: info.start,
            end: info.end,
            line: self.lines.len() - 1,
        });
    }

    fn line(&mut self, index: usize) -> PyResult<Py<PyStr>> {
        if let Some((at, line)) = &self.last_line
            && *at == index
        {
            return Ok(line.clone());
        }
        let line = PyStr::new(&self.lines[index])?;
        self.last_line = Some((index, line.clone()));
        Ok(line)
    }
}

// A doc comment would become the class's, and CPython's has none.
#[allow(missing_docs)]
#[pyclass(name = "TokenizerIter", module = "_tokenize", flags(GC))]
#[repr(C)]
pub struct TokenizerIter {
    ob_base: PyObject,
    #[traverse]
    readline: Field<PyObject>,
    #[traverse]
    encoding: Field<PyStr>,
    extra_tokens: Cell<bool>,
    tokens: RefCell<Option<Tokens>>,
}

#[pymethods]
impl TokenizerIter {
    #[slot(tp_new)]
    fn new(cls: &PyType, args: &PyTuple, kwargs: Option<&krait_runtime::PyDict>) -> PyResult<Obj> {
        let [readline] = args.as_slice() else {
            return Err(type_error!(
                "tokenizeriter() takes exactly 1 positional argument ({} given)",
                args.len()
            ));
        };
        let mut extra_tokens = None;
        let mut encoding = None;
        for (name, value) in kwargs.map(|kwargs| kwargs.items_vec()).unwrap_or_default() {
            match name.to_display().as_str() {
                "extra_tokens" => extra_tokens = Some(value.is_true()?),
                "encoding" => match value.cast::<PyStr>() {
                    Ok(text) => encoding = Some(text),
                    Err(other) => {
                        return Err(type_error!(
                            "tokenizeriter() argument 'encoding' must be str, not {}",
                            other.type_().tp_name()
                        ));
                    }
                },
                other => {
                    return Err(type_error!(
                        "tokenizeriter() got an unexpected keyword argument '{other}'"
                    ));
                }
            }
        }
        let Some(extra_tokens) = extra_tokens else {
            return Err(type_error!(
                "tokenizeriter() missing required argument 'extra_tokens' (pos 2)"
            ));
        };
        let made = Py::new_in(
            cls,
            TokenizerIter {
                ob_base: PyObject::HEADER,
                readline: Field::new(readline.clone()),
                encoding: Field::from_option(encoding),
                extra_tokens: Cell::new(extra_tokens),
                tokens: RefCell::new(None),
            },
        )?;
        Ok(made.into_object())
    }

    #[slot(tp_iter)]
    fn iter(&self) -> PyResult<Obj> {
        Ok(self.to_obj())
    }

    #[slot(tp_iternext)]
    fn next(&self) -> PyResult<Option<Obj>> {
        if self.tokens.borrow().is_none() {
            let source = self.read()?;
            *self.tokens.borrow_mut() = Some(Tokens::of(&source, self.extra_tokens.get()));
        }
        let (token, line) = {
            let mut tokens = self.tokens.borrow_mut();
            let Some(tokens) = tokens.as_mut() else {
                return Ok(None);
            };
            let Some(token) = tokens.rest.pop() else {
                return match tokens.error.take() {
                    Some(error) => Err(raise(&error)),
                    None => Ok(None),
                };
            };
            let line = tokens.line(token.line)?;
            (token, line)
        };
        let values = (token.kind, token.string, token.start, token.end, line);
        values.into_py().map(Some)
    }
}

impl TokenizerIter {
    /// All lines that `readline` gives.
    fn read(&self) -> PyResult<String> {
        let mut source = String::new();
        let encoding = self.encoding.get();
        let Some(readline) = self.readline.get() else {
            return Ok(source);
        };
        loop {
            let line = match readline.call0() {
                Ok(line) => line,
                Err(error) if error.matches(&exc::StopIteration) => {
                    error.clear();
                    return Ok(source);
                }
                Err(error) => return Err(error),
            };
            let line = match &encoding {
                None => line
                    .cast::<PyStr>()
                    .map_err(|_| type_error!("readline() returned a non-string object"))?,
                Some(encoding) => {
                    if !line.is_instance_of::<PyBytes>() {
                        return Err(type_error!("readline() returned a non-bytes object"));
                    }
                    let errors = PyStr::new("replace")?;
                    line.call_method(krait_runtime::intern!("decode"), &[encoding, &errors])?
                        .cast::<PyStr>()
                        .map_err(|_| type_error!("decoding a line gave no str"))?
                }
            };
            if line.is_empty() {
                return Ok(source);
            }
            source.push_str(line.as_utf8()?);
        }
    }
}

/// The exception of a lexer's error.
fn raise(error: &SyntaxError) -> PyErr {
    let class: &PyType = match error.kind {
        ErrorKind::IndentationError => &exc::IndentationError,
        ErrorKind::TabError => &exc::TabError,
        ErrorKind::MemoryError => return PyErr::new(&exc::MemoryError, &error.message),
        ErrorKind::RecursionError => return PyErr::new(&exc::RecursionError, &error.message),
        ErrorKind::ValueError => return PyErr::new(&exc::ValueError, &error.message),
        ErrorKind::SyntaxError | ErrorKind::IncompleteInputError => &exc::SyntaxError,
    };
    let build = || -> PyResult<Obj> {
        let message = error.message.as_str().into_py()?;
        let Some(text) = &error.text else {
            return class.as_object().call1(&message);
        };
        let text = if text.is_empty() && error.lineno == 0 {
            none().to_obj()
        } else {
            text.as_str().into_py()?
        };
        let place = if error.end_lineno == 0 && error.lineno != 0 {
            ("<string>", error.lineno, error.offset, text).into_py()?
        } else {
            let end = (error.end_lineno, error.end_offset);
            ("<string>", error.lineno, error.offset, text, end.0, end.1).into_py()?
        };
        class.as_object().call(&[&message, &place])
    };
    match build() {
        Ok(exception) => PyErr::raise(exception),
        Err(error) => error,
    }
}
