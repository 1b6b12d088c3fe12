//! `XMLParser`: feeds a builder, or any other target, with what a document consists of.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Args, Field, IntoPy, KwArgs, Obj, Py, PyBytes, PyClass, PyDict, PyErr, PyObject, PyResult,
    PyStr, PyType, exc, hooks, none, type_error, value_error,
};
use krait_xml::{Atom, Error, Event, Handler, Parser, Text};

use super::PARSE_ERROR;
use super::builder::{REPORTS, Report, TreeBuilder};
use crate::pyexpat::encoding_table;
use crate::util::{Data, Running, exception};

/// How much is read from a file at once.
const READ: usize = 64 * 1024;

/// The methods that a target may have.
#[derive(Clone, Copy)]
#[repr(usize)]
enum Method {
    Start,
    Data,
    End,
    Comment,
    Pi,
    StartNs,
    EndNs,
    Close,
    Doctype,
}

const METHOD_NAMES: [&str; 9] = [
    "start", "data", "end", "comment", "pi", "start_ns", "end_ns", "close", "doctype",
];

/// A parser of XML.
#[pyclass(
    name = "XMLParser",
    module = "xml.etree.ElementTree",
    flags(BASETYPE, GC),
    members = MEMBERS
)]
#[repr(C)]
pub(super) struct XmlParser {
    ob_base: PyObject,
    parser: RefCell<Option<Parser>>,
    /// The names that have occurred, as objects.
    names: RefCell<Vec<Option<Obj>>>,
    #[traverse]
    target: Field<PyObject>,
    #[traverse]
    entity: Field<PyDict>,
    /// The target's methods.
    #[traverse]
    methods: [Field<PyObject>; METHOD_NAMES.len()],
    running: Cell<bool>,
}

/// What programs see of the struct.
const MEMBERS: &[krait_abi::PyMemberDef] = krait_runtime::members! {
    XmlParser:
    c"entity" entity _Py_T_OBJECT;
    c"target" target _Py_T_OBJECT;
};

impl XmlParser {
    /// Does something with the parser, which no Python code can run in.
    fn with<T>(&self, action: impl FnOnce(&mut Parser) -> T) -> PyResult<T> {
        match &mut *self.parser.borrow_mut() {
            Some(parser) => Ok(action(parser)),
            None => Err(value_error!("XMLParser.__init__() wasn't called")),
        }
    }

    /// The target, if it is the plain builder, which needs no calls.
    fn builder(&self) -> Option<Py<TreeBuilder>> {
        let target = self.target.get()?;
        if target.is_exact::<TreeBuilder>() {
            target.cast().ok()
        } else {
            None
        }
    }

    fn method(&self, method: Method) -> Option<Obj> {
        self.methods[method as usize].get()
    }

    fn call(&self, method: Method, arguments: &[&PyObject]) -> PyResult<()> {
        match self.method(method) {
            Some(method) => method.call(arguments).map(drop),
            None => Ok(()),
        }
    }

    /// The exception for an error.
    fn error(&self, error: Error, message: Option<&str>) -> PyErr {
        let make = || -> PyResult<Obj> {
            let (line, column) = self.with(Parser::line_and_column)?;
            let Some(class) = exception(PARSE_ERROR) else {
                return Err(krait_runtime::system_error!("{PARSE_ERROR} was not made"));
            };
            let reason = krait_xml::error_message(error.code()).unwrap_or_default();
            let reason = message.unwrap_or(reason);
            let text = format!("{reason}: line {line}, column {column}");
            let object = class.as_object().call1(&*PyStr::new(&text)?)?;
            object.setattr_str("code", &*error.code().into_py()?)?;
            object.setattr_str("position", &*(line, column).into_py()?)?;
            Ok(object)
        };
        match make() {
            Ok(object) => PyErr::raise(object),
            Err(error) => error,
        }
    }

    fn parse(&self, bytes: &[u8], is_final: bool) -> PyResult<()> {
        let _running = Running::begin(&self.running)?;
        if let Err(error) = self.with(|parser| parser.feed(bytes, is_final))? {
            return Err(self.error(error, None));
        }
        let builder = self.builder();
        loop {
            match self.with(Parser::next)? {
                Ok(None) => return Ok(()),
                Ok(Some(event)) => {
                    if let Err(error) = self.deliver(event, builder.as_deref()) {
                        self.with(Parser::abort)?;
                        return Err(error);
                    }
                }
                Err(error) => return Err(self.error(error, None)),
            }
        }
    }

    fn deliver(&self, event: Event, builder: Option<&TreeBuilder>) -> PyResult<()> {
        match event {
            Event::StartElement(name) => self.start_element(name, builder),
            Event::EndElement(name) => match builder {
                Some(builder) => builder.end_element().map(drop),
                None => self.call(Method::End, &[&*self.name(name)?]),
            },
            Event::CharacterData(text) => self.character_data(&text, builder),
            Event::Default(text) => self.default(&text, builder),
            Event::Comment(text) => {
                let text = self.text(&text)?;
                match builder {
                    Some(builder) => builder.add_comment(&text).map(drop),
                    None => self.call(Method::Comment, &[&text]),
                }
            }
            Event::ProcessingInstruction { target, data } => {
                let (target, data) = (self.plain_name(target)?, self.text(&data)?);
                match builder {
                    Some(builder) => builder.add_pi(&target, &data).map(drop),
                    None => self.call(Method::Pi, &[&target, &data]),
                }
            }
            Event::StartNamespace { prefix, uri } => {
                let prefix = match prefix {
                    Some(prefix) => self.plain_name(prefix)?,
                    None => "".into_py()?,
                };
                let uri = uri.as_deref().unwrap_or_default().into_py()?;
                match builder {
                    Some(builder) => builder.start_namespace(|| {
                        Ok(krait_runtime::PyTuple::from_array([prefix, uri])?.into_object())
                    }),
                    None => self.call(Method::StartNs, &[&prefix, &uri]),
                }
            }
            Event::EndNamespace { prefix } => match builder {
                Some(builder) => builder.end_namespace(),
                None => {
                    let prefix = match prefix {
                        Some(prefix) => self.plain_name(prefix)?,
                        None => "".into_py()?,
                    };
                    self.call(Method::EndNs, &[&prefix])
                }
            },
            Event::StartDoctype {
                name,
                system,
                public,
                ..
            } => self.doctype(&name, system.as_deref(), public.as_deref()),
            Event::UnknownEncoding(name) => {
                let table = encoding_table(&name)?;
                self.with(|parser| parser.set_encoding_table(Some(table)))
            }
            _ => Ok(()),
        }
    }

    fn start_element(&self, name: Atom, builder: Option<&TreeBuilder>) -> PyResult<()> {
        let tag = self.name(name)?;
        let pairs = self.with(|parser| -> PyResult<Vec<(Atom, Obj)>> {
            let attributes = parser.attributes().iter();
            attributes
                .map(|attribute| {
                    let value = PyStr::new(parser.attribute_value(attribute))?;
                    Ok((attribute.name, value.into_object()))
                })
                .collect()
        })??;
        let mut attrib = None;
        if !pairs.is_empty() || builder.is_none() {
            let dict = PyDict::new()?;
            for (name, value) in pairs {
                dict.set_item(&*self.name(name)?, &value)?;
            }
            attrib = Some(dict);
        }
        match (builder, attrib) {
            (Some(builder), attrib) => builder.start_element(&tag, attrib).map(drop),
            (None, Some(attrib)) => self.call(Method::Start, &[&tag, &attrib]),
            (None, None) => Ok(()),
        }
    }

    fn character_data(&self, text: &Text, builder: Option<&TreeBuilder>) -> PyResult<()> {
        match builder {
            Some(builder) => self.with(|parser| builder.push_text(parser.text(text, &mut [0; 4]))),
            None if self.method(Method::Data).is_some() => {
                let text = self.text(text)?;
                self.call(Method::Data, &[&text])
            }
            None => Ok(()),
        }
    }

    /// Looks for an entity that the document does not declare among those that the program did.
    fn default(&self, text: &Text, builder: Option<&TreeBuilder>) -> PyResult<()> {
        let text = self.with(|parser| parser.text(text, &mut [0; 4]).to_owned())?;
        let Some(name) = text.strip_prefix('&').filter(|rest| !rest.is_empty()) else {
            return Ok(());
        };
        let name = name.strip_suffix(';').unwrap_or(name);
        let Some(entities) = self.entity.get() else {
            return Ok(());
        };
        let Some(value) = entities.get(name)? else {
            let message = format!("undefined entity &{name};");
            return Err(self.error(Error::UndefinedEntity, Some(&message)));
        };
        match builder {
            Some(builder) => builder.data_object(&value),
            None => self.call(Method::Data, &[&value]),
        }
    }

    fn doctype(&self, name: &str, system: Option<&str>, public: Option<&str>) -> PyResult<()> {
        let arguments = [self.universal(name)?, public.into_py()?, system.into_py()?];
        if self.method(Method::Doctype).is_some() {
            let arguments: Vec<&PyObject> = arguments.iter().map(|each| &**each).collect();
            return self.call(Method::Doctype, &arguments);
        }
        if self.has_attr(krait_runtime::intern!("doctype"))? {
            hooks::warn(
                &exc::RuntimeWarning,
                "The doctype() method of XMLParser is ignored.  Define doctype() method on the \
                 TreeBuilder target.",
                1,
            )?;
        }
        Ok(())
    }

    fn text(&self, text: &Text) -> PyResult<Obj> {
        self.with(|parser| Ok(PyStr::new(parser.text(text, &mut [0; 4]))?.into_object()))?
    }

    /// A name with its namespace in braces.
    fn universal(&self, name: &str) -> PyResult<Obj> {
        if name.contains('}') {
            format!("{{{name}").into_py()
        } else {
            name.into_py()
        }
    }

    /// A name of an element or attribute, the same object each time.
    fn name(&self, atom: Atom) -> PyResult<Obj> {
        if let Some(Some(known)) = self.names.borrow().get(atom.index()) {
            return Ok(known.clone());
        }
        let name = self.with(|parser| parser.name(atom))?;
        let object = self.universal(&name)?;
        let mut names = self.names.borrow_mut();
        if names.len() <= atom.index() {
            names.resize(atom.index() + 1, None);
        }
        names[atom.index()] = Some(object.clone());
        Ok(object)
    }

    fn plain_name(&self, atom: Atom) -> PyResult<Obj> {
        (&*self.with(|parser| parser.name(atom))?).into_py()
    }

    /// Feeds text or bytes.
    fn feed_object(&self, data: &PyObject) -> PyResult<()> {
        let Some(text) = data.downcast::<PyStr>() else {
            return self.parse(&Data::of(data)?, false);
        };
        let bytes = text.as_utf8()?;
        self.with(|parser| parser.set_encoding("utf-8"))?;
        self.parse(bytes.as_bytes(), false)
    }

    /// Which events the target needs.
    fn set_handlers(&self) -> PyResult<()> {
        let optional = [
            (Method::Comment, Handler::Comment),
            (Method::Pi, Handler::ProcessingInstruction),
            (Method::StartNs, Handler::StartNamespace),
            (Method::EndNs, Handler::EndNamespace),
        ];
        self.with(|parser| {
            for handler in [
                Handler::StartElement,
                Handler::EndElement,
                Handler::CharacterData,
                Handler::Default,
                Handler::StartDoctype,
            ] {
                parser.set_handler(handler, true);
            }
            for (method, handler) in optional {
                parser.set_handler(handler, self.methods[method as usize].is_some());
            }
        })
    }
}

#[pymethods]
impl XmlParser {
    #[pynew(signature = "(*args, **kwargs)", text_signature = "")]
    fn new(cls: &PyType, _args: Args<'_>, _kwargs: KwArgs<'_>) -> PyResult<Py<XmlParser>> {
        Py::new_in(
            cls,
            XmlParser {
                ob_base: PyObject::HEADER,
                parser: RefCell::default(),
                names: RefCell::default(),
                target: Field::empty(),
                entity: Field::empty(),
                methods: [const { Field::empty() }; METHOD_NAMES.len()],
                running: Cell::new(false),
            },
        )
    }

    #[pyinit(signature = "(*, target=None, encoding=None)")]
    fn init(&self, target: Option<&PyObject>, encoding: Option<&str>) -> PyResult<()> {
        let _running = Running::begin(&self.running)?;
        let entity = PyDict::new()?;
        let target = match target {
            Some(target) => target.to_obj(),
            None => TreeBuilder::create(TreeBuilder::type_object())?.into_object(),
        };
        let mut methods = Vec::with_capacity(METHOD_NAMES.len());
        for name in METHOD_NAMES {
            methods.push(target.lookup_attr_str(name)?);
        }
        let parser = Parser::new(encoding, Some(Some('}')));
        self.parser.replace(Some(parser));
        let old = self.names.take();
        drop(old);
        self.entity.set(Some(entity));
        self.target.set(Some(target));
        for (field, method) in self.methods.iter().zip(methods) {
            field.set(method);
        }
        self.set_handlers()
    }

    #[pygetter(name = "version")]
    fn version(&self) -> String {
        let (major, minor, micro) = crate::pyexpat::VERSION;
        format!("Expat {major}.{minor}.{micro}")
    }

    #[pymethod(signature = "($self, data, /)")]
    fn feed(&self, data: &PyObject) -> PyResult<()> {
        self.feed_object(data)
    }

    #[pymethod]
    fn flush(&self) -> PyResult<()> {
        let deferral = self.with(|parser| {
            let deferral = parser.reparse_deferral();
            parser.set_reparse_deferral(false);
            deferral
        })?;
        let parsed = self.parse(b"", false);
        self.with(|parser| parser.set_reparse_deferral(deferral))?;
        parsed
    }

    #[pymethod]
    fn close(&self) -> PyResult<Obj> {
        self.parse(b"", true)?;
        if let Some(builder) = self.builder() {
            return Ok(builder.done());
        }
        match self.method(Method::Close) {
            Some(close) => close.call0(),
            None => Ok(none().to_obj()),
        }
    }

    #[pymethod(name = "_parse_whole", signature = "($self, file, /)")]
    fn parse_whole(&self, file: &PyObject) -> PyResult<Obj> {
        self.with(|_| ())?;
        let read = file.getattr_str("read")?;
        let size = READ.into_py()?;
        loop {
            let data = read.call1(&size)?;
            if let Some(text) = data.downcast::<PyStr>() {
                if text.is_empty() {
                    break;
                }
                let bytes = text.to_wtf8();
                self.with(|parser| parser.set_encoding("utf-8"))?;
                self.parse(bytes.as_bytes(), false)?;
                continue;
            }
            match data.downcast::<PyBytes>() {
                Some(bytes) if data.is_exact::<PyBytes>() && !bytes.is_empty() => {
                    self.parse(bytes.as_bytes(), false)?;
                }
                _ => break,
            }
        }
        self.parse(b"", true)?;
        Ok(match self.builder() {
            Some(builder) => builder.done(),
            None => none().to_obj(),
        })
    }

    #[pymethod(
        name = "_setevents",
        signature = "($self, events_queue, events_to_report=None, /)"
    )]
    fn setevents(
        &self,
        events_queue: &PyObject,
        events_to_report: Option<&PyObject>,
    ) -> PyResult<()> {
        self.with(|_| ())?;
        let Some(builder) = self.builder() else {
            return Err(type_error!(
                "event handling only supported for ElementTree.TreeBuilder targets"
            ));
        };
        builder.report_to(events_queue.getattr_str("append")?);
        let Some(events) = events_to_report else {
            builder.report(Report::End, "end".into_py()?);
            return Ok(());
        };
        for event in events.to_vec_or("events must be a sequence")? {
            let name = match event.downcast::<PyStr>() {
                Some(text) => text.to_string_lossy(),
                None => match event.downcast::<PyBytes>() {
                    Some(bytes) => String::from_utf8_lossy(bytes.as_bytes()).into_owned(),
                    None => return Err(value_error!("invalid events sequence")),
                },
            };
            let Some((_, report)) = REPORTS.iter().find(|row| row.0 == name) else {
                return Err(value_error!("unknown event '{name}'"));
            };
            builder.report(*report, event.clone());
            let handler = match report {
                Report::StartNs => Handler::StartNamespace,
                Report::EndNs => Handler::EndNamespace,
                Report::Comment => Handler::Comment,
                Report::Pi => Handler::ProcessingInstruction,
                Report::Start | Report::End => continue,
            };
            self.with(|parser| parser.set_handler(handler, true))?;
        }
        Ok(())
    }
}
