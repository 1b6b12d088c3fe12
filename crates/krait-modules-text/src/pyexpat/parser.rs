//! The class of parsers: what they are told and asked.

use std::cell::{Cell, RefCell};

use krait_macros::{pyclass, pymethods};
use krait_runtime::{
    Field, Obj, OptionalArg, Py, PyBytes, PyClass, PyDict, PyErr, PyObject, PyResult, PyStr, none,
    overflow_error, runtime_error, type_error, value_error,
};
use krait_xml::{Error, Handler, ParamEntityParsing, Parser};

use super::ERROR;
use crate::util::{Data, Running, exception};

/// The handlers, in the order in which CPython has them.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Slot {
    StartElement,
    EndElement,
    ProcessingInstruction,
    CharacterData,
    UnparsedEntityDecl,
    NotationDecl,
    StartNamespaceDecl,
    EndNamespaceDecl,
    Comment,
    StartCdataSection,
    EndCdataSection,
    Default,
    DefaultExpand,
    NotStandalone,
    ExternalEntityRef,
    StartDoctypeDecl,
    EndDoctypeDecl,
    EntityDecl,
    XmlDecl,
    ElementDecl,
    AttlistDecl,
    SkippedEntity,
}

const SLOTS: usize = Slot::SkippedEntity as usize + 1;

/// Every handler with the events that it is for and its name in tracebacks.
const TABLE: [(Slot, Handler, &str); SLOTS] = [
    (Slot::StartElement, Handler::StartElement, "StartElement"),
    (Slot::EndElement, Handler::EndElement, "EndElement"),
    (
        Slot::ProcessingInstruction,
        Handler::ProcessingInstruction,
        "ProcessingInstruction",
    ),
    (Slot::CharacterData, Handler::CharacterData, "CharacterData"),
    (
        Slot::UnparsedEntityDecl,
        Handler::UnparsedEntityDecl,
        "UnparsedEntityDecl",
    ),
    (Slot::NotationDecl, Handler::NotationDecl, "NotationDecl"),
    (
        Slot::StartNamespaceDecl,
        Handler::StartNamespace,
        "StartNamespaceDecl",
    ),
    (
        Slot::EndNamespaceDecl,
        Handler::EndNamespace,
        "EndNamespaceDecl",
    ),
    (Slot::Comment, Handler::Comment, "Comment"),
    (
        Slot::StartCdataSection,
        Handler::StartCdata,
        "StartCdataSection",
    ),
    (Slot::EndCdataSection, Handler::EndCdata, "EndCdataSection"),
    (Slot::Default, Handler::Default, "Default"),
    (
        Slot::DefaultExpand,
        Handler::Default,
        "DefaultHandlerExpand",
    ),
    (Slot::NotStandalone, Handler::NotStandalone, "NotStandalone"),
    (
        Slot::ExternalEntityRef,
        Handler::ExternalEntityRef,
        "ExternalEntityRef",
    ),
    (
        Slot::StartDoctypeDecl,
        Handler::StartDoctype,
        "StartDoctypeDecl",
    ),
    (Slot::EndDoctypeDecl, Handler::EndDoctype, "EndDoctypeDecl"),
    (Slot::EntityDecl, Handler::EntityDecl, "EntityDecl"),
    (Slot::XmlDecl, Handler::XmlDecl, "XmlDecl"),
    (Slot::ElementDecl, Handler::ElementDecl, "ElementDecl"),
    (Slot::AttlistDecl, Handler::AttlistDecl, "AttlistDecl"),
    (Slot::SkippedEntity, Handler::SkippedEntity, "SkippedEntity"),
];

/// How much text a parser buffers unless it is told otherwise.
const BUFFER_SIZE: usize = 8192;

/// How much a parser is fed at once.
const CHUNK: usize = 1 << 20;

/// How much is read from a file at once.
const READ: usize = 2048;

/// XML parser
#[pyclass(
    name = "xmlparser",
    module = "pyexpat",
    flags(GC, DISALLOW_INSTANTIATION),
    members = MEMBERS,
    methods(METHODS, ATTRIBUTES, HANDLERS)
)]
#[repr(C)]
pub(super) struct XmlParser {
    ob_base: PyObject,
    pub(super) parser: RefCell<Parser>,
    #[traverse]
    handlers: [Field<PyObject>; SLOTS],
    /// Which of the two default handlers was set last.
    pub(super) default_slot: Cell<usize>,
    #[traverse]
    pub(super) intern: Field<PyDict>,
    /// The parser's names as objects.
    pub(super) names: RefCell<Vec<Option<Obj>>>,
    /// Text that is not told yet.
    pub(super) buffer: RefCell<String>,
    /// How much text is buffered, or is being told.
    pub(super) buffer_used: Cell<usize>,
    pub(super) buffer_text: Cell<bool>,
    pub(super) buffer_size: Cell<usize>,
    pub(super) ordered_attributes: Cell<bool>,
    pub(super) specified_attributes: Cell<bool>,
    namespace_prefixes: Cell<bool>,
    /// Whether bytes are being parsed.
    running: Cell<bool>,
    /// Whether a handler is running.
    in_handler: Cell<bool>,
}

/// What programs see of the struct.
const MEMBERS: &[krait_abi::PyMemberDef] = krait_runtime::members! {
    XmlParser:
    c"intern" intern _Py_T_OBJECT;
};

impl XmlParser {
    pub(super) fn create(parser: Parser, intern: Option<Py<PyDict>>) -> PyResult<Py<XmlParser>> {
        Py::new(XmlParser {
            ob_base: PyObject::HEADER,
            parser: RefCell::new(parser),
            handlers: [const { Field::empty() }; SLOTS],
            default_slot: Cell::new(Slot::Default as usize),
            intern: Field::from_option(intern),
            names: RefCell::default(),
            buffer: RefCell::default(),
            buffer_used: Cell::new(0),
            buffer_text: Cell::new(false),
            buffer_size: Cell::new(BUFFER_SIZE),
            ordered_attributes: Cell::new(false),
            specified_attributes: Cell::new(false),
            namespace_prefixes: Cell::new(false),
            running: Cell::new(false),
            in_handler: Cell::new(false),
        })
    }

    /// The handler of a slot and its name in tracebacks.
    pub(super) fn handler(&self, slot: usize) -> Option<(Obj, &'static str)> {
        Some((self.handlers.get(slot)?.get()?, TABLE[slot].2))
    }

    pub(super) fn get_handler(&self, slot: Slot) -> Option<Obj> {
        self.handlers[slot as usize].get()
    }

    pub(super) fn set_handler(&self, slot: Slot, value: Option<&PyObject>) -> PyResult<()> {
        let value = present(value)?;
        if slot == Slot::CharacterData {
            self.flush()?;
        }
        let value = (!value.is(none())).then(|| value.to_obj());
        self.tell_parser(slot, value.is_some());
        self.handlers[slot as usize].set(value);
        Ok(())
    }

    /// Tells the parser which events are wanted.
    fn tell_parser(&self, slot: Slot, wanted: bool) {
        let mut parser = self.parser.borrow_mut();
        if matches!(slot, Slot::Default | Slot::DefaultExpand) {
            self.default_slot.set(slot as usize);
            parser.set_expand_internal(slot == Slot::DefaultExpand);
        }
        parser.set_handler(TABLE[slot as usize].1, wanted);
    }

    /// Forgets all handlers, as after one that failed.
    fn clear_handlers(&self) {
        for (slot, handler, _) in TABLE {
            self.parser.borrow_mut().set_handler(handler, false);
            self.handlers[slot as usize].set(None);
        }
    }

    /// The exception for an error.
    fn error(&self, error: Error) -> PyErr {
        let message = krait_xml::error_message(error.code()).unwrap_or_default();
        let (line, column) = self.parser.borrow_mut().line_and_column();
        self.error_with(error, &format!("{message}: line {line}, column {column}"))
    }

    fn error_with(&self, error: Error, message: &str) -> PyErr {
        let (line, column) = self.parser.borrow_mut().line_and_column();
        let make = || -> PyResult<Obj> {
            let Some(class) = exception(ERROR) else {
                return Err(krait_runtime::system_error!("{ERROR} was not made"));
            };
            let object = class.as_object().call1(&*PyStr::new(message)?)?;
            for (name, value) in [
                ("code", error.code() as u64),
                ("lineno", line),
                ("offset", column),
            ] {
                object.setattr_str(name, &*krait_runtime::IntoPy::into_py(value)?)?;
            }
            Ok(object)
        };
        match make() {
            Ok(object) => PyErr::raise(object),
            Err(error) => error,
        }
    }

    /// Parses bytes and calls the handlers.
    fn feed(&self, bytes: &[u8], is_final: bool) -> PyResult<()> {
        let fed = self.parser.borrow_mut().feed(bytes, is_final);
        if let Err(error) = fed {
            return Err(self.error(error));
        }
        loop {
            let next = self.parser.borrow_mut().next();
            match next {
                Ok(None) => return Ok(()),
                Ok(Some(event)) => {
                    let outer = self.in_handler.replace(true);
                    let delivered = self.deliver(event);
                    self.in_handler.set(outer);
                    if let Err(error) = delivered {
                        self.parser.borrow_mut().abort();
                        let exception = error.take();
                        self.clear_handlers();
                        return Err(PyErr::restore(exception));
                    }
                }
                Err(error) => return Err(self.error(error)),
            }
        }
    }

    fn parse_bytes(&self, bytes: &[u8], is_final: bool) -> PyResult<i32> {
        let _running = Running::begin(&self.running)?;
        let mut rest = bytes;
        while rest.len() > CHUNK {
            let (chunk, after) = rest.split_at(CHUNK);
            self.feed(chunk, false)?;
            rest = after;
        }
        self.feed(rest, is_final)?;
        self.flush()?;
        Ok(1)
    }

    /// Bytes from a file.
    fn read(&self, read: &PyObject, size: &PyObject) -> PyResult<Data> {
        let bytes = read.call1(size)?;
        let data = match bytes.downcast::<PyBytes>() {
            Some(_) => Data::of(&bytes)?,
            None if bytes
                .downcast::<krait_runtime::bytearray::PyByteArray>()
                .is_some() =>
            {
                Data::of(&bytes)?
            }
            None => {
                return Err(type_error!(
                    "read() did not return a bytes object (type={})",
                    bytes.type_name()
                ));
            }
        };
        if data.len() > READ {
            return Err(value_error!(
                "read() returned too much data: {READ} bytes requested, {} returned",
                data.len()
            ));
        }
        Ok(data)
    }

    /// Whether a setting that only root parsers have was taken.
    fn check_root(&self, taken: bool, message: &str) -> PyResult<()> {
        if taken {
            return Ok(());
        }
        let message = match self.parser.borrow().is_root() {
            true => message,
            false => "parser must be a root parser",
        };
        Err(self.error_with(Error::InvalidArgument, message))
    }

    pub(super) fn set_buffer_text(&self, value: &PyObject) -> PyResult<()> {
        let wanted = value.is_true()?;
        if !wanted {
            self.flush()?;
        }
        self.buffer_text.set(wanted);
        Ok(())
    }

    pub(super) fn set_buffer_size(&self, value: &PyObject) -> PyResult<()> {
        if value.downcast::<krait_runtime::PyLong>().is_none() {
            return Err(type_error!("buffer_size must be an integer"));
        }
        let size: i64 = value.extract()?;
        if size <= 0 {
            return Err(value_error!("buffer_size must be greater than zero"));
        }
        if size > i64::from(i32::MAX) {
            return Err(value_error!(
                "buffer_size must not be greater than {}",
                i32::MAX
            ));
        }
        if self.buffer_text.get() {
            self.flush()?;
        }
        self.buffer_size.set(size as usize);
        Ok(())
    }

    pub(super) fn set_namespace_prefixes(&self, value: &PyObject) -> PyResult<()> {
        let wanted = value.is_true()?;
        self.namespace_prefixes.set(wanted);
        self.parser.borrow_mut().set_triplets(wanted);
        Ok(())
    }

    pub(super) fn namespace_prefixes(&self) -> bool {
        self.namespace_prefixes.get()
    }

    pub(super) fn error_code(&self) -> i64 {
        self.parser.borrow().error().map_or(0, Error::code)
    }

    pub(super) fn place(&self) -> (u64, u64) {
        self.parser.borrow_mut().line_and_column()
    }

    pub(super) fn byte_index(&self) -> i64 {
        self.parser
            .borrow()
            .byte_index()
            .map_or(-1, |index| index as i64)
    }
}

/// The value that an attribute is set to: none can be deleted.
pub(super) fn present(value: Option<&PyObject>) -> PyResult<&PyObject> {
    value.ok_or_else(|| runtime_error!("Cannot delete attribute"))
}

/// A number of bytes, with the messages that C's widest integers have.
fn bytes_number(value: &PyObject) -> PyResult<u64> {
    let number = value.index()?;
    if number.is_negative() {
        return Err(value_error!("Cannot convert negative int"));
    }
    number
        .to_u64()
        .ok_or_else(|| overflow_error!("Python int too large for C unsigned long long"))
}

#[pymethods]
impl XmlParser {
    /// Parse XML data.
    ///
    /// 'isfinal' should be true at end of input.
    #[pymethod(name = "Parse", signature = "($self, data, isfinal=False, /)")]
    fn parse(&self, data: &PyObject, isfinal: bool) -> PyResult<i32> {
        if let Some(text) = data.downcast::<PyStr>() {
            let bytes = text.as_utf8()?;
            self.parser.borrow_mut().set_encoding("utf-8");
            return self.parse_bytes(bytes.as_bytes(), isfinal);
        }
        self.parse_bytes(&Data::of(data)?, isfinal)
    }

    /// Parse XML data from file-like object.
    #[pymethod(name = "ParseFile", signature = "($self, file, /)")]
    fn parse_file(&self, file: &PyObject) -> PyResult<i32> {
        let Some(read) = file.lookup_attr(krait_runtime::intern!("read"))? else {
            return Err(type_error!("argument must have 'read' attribute"));
        };
        let _running = Running::begin(&self.running)?;
        let size = krait_runtime::IntoPy::into_py(READ)?;
        loop {
            let data = self.read(&read, &size)?;
            self.feed(&data, data.is_empty())?;
            if data.is_empty() {
                break;
            }
        }
        self.flush()?;
        Ok(1)
    }

    /// Set the base URL for the parser.
    #[pymethod(name = "SetBase", signature = "($self, base, /)")]
    fn set_base(&self, base: &str) {
        self.parser.borrow_mut().set_base(Some(base));
    }

    /// Return base URL string for the parser.
    #[pymethod(name = "GetBase")]
    fn get_base(&self) -> Option<String> {
        self.parser.borrow().base().map(str::to_owned)
    }

    /// Return the input which generated the current event as bytes.
    ///
    /// The bytes are those of the entity itself, in its own encoding, and go on to the end of what has
    /// been fed so far: what comes after the event may be there, too, and of a long text only a part.
    #[pymethod(name = "GetInputContext")]
    fn get_input_context(&self) -> PyResult<Option<Py<PyBytes>>> {
        if !self.in_handler.get() {
            return Ok(None);
        }
        let parser = self.parser.borrow();
        parser.input_context().map(PyBytes::new).transpose()
    }

    /// Create a parser for parsing an external entity based on the information passed to the ExternalEntityRefHandler.
    #[pymethod(
        name = "ExternalEntityParserCreate",
        signature = "($self, context, encoding=<unrepresentable>, /)"
    )]
    fn external_entity_parser_create(
        &self,
        context: Option<&str>,
        encoding: OptionalArg<&str>,
    ) -> PyResult<Py<XmlParser>> {
        let encoding = match encoding {
            OptionalArg::Present(encoding) => Some(encoding),
            OptionalArg::Missing => None,
        };
        let inner = self
            .parser
            .borrow()
            .external_entity_parser(context, encoding);
        let new = XmlParser::create(inner, self.intern.get())?;
        new.buffer_text.set(self.buffer_text.get());
        new.buffer_size.set(self.buffer_size.get());
        new.ordered_attributes.set(self.ordered_attributes.get());
        new.specified_attributes
            .set(self.specified_attributes.get());
        new.namespace_prefixes.set(self.namespace_prefixes.get());
        new.default_slot.set(self.default_slot.get());
        for (handler, inherited) in new.handlers.iter().zip(&self.handlers) {
            handler.set(inherited.get());
        }
        Ok(new)
    }

    /// Controls parsing of parameter entities (including the external DTD subset).
    ///
    /// Possible flag values are XML_PARAM_ENTITY_PARSING_NEVER,
    /// XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE and
    /// XML_PARAM_ENTITY_PARSING_ALWAYS. The result tells whether the flag could be set.
    #[pymethod(name = "SetParamEntityParsing", signature = "($self, flag, /)")]
    fn set_param_entity_parsing(&self, flag: i32) -> i32 {
        let when = match flag {
            0 => ParamEntityParsing::Never,
            1 => ParamEntityParsing::UnlessStandalone,
            _ => ParamEntityParsing::Always,
        };
        i32::from(self.parser.borrow_mut().set_param_entity_parsing(when))
    }

    /// Allows the application to provide an artificial external subset if one is not specified as part of the document instance.
    ///
    /// This readily allows the use of a 'default' document type controlled by the
    /// application, while still getting the advantage of providing document type
    /// information to the parser.
    #[pymethod(name = "UseForeignDTD", signature = "($self, flag=True, /)")]
    fn use_foreign_dtd(&self, flag: bool) -> PyResult<()> {
        let set = self.parser.borrow_mut().set_foreign_dtd(flag);
        set.map_err(|error| self.error(error))
    }

    /// Sets the maximum amplification factor of a document by its entities.
    ///
    /// The factor must be at least 1.0; only root parsers have one.
    #[pymethod(
        name = "SetBillionLaughsAttackProtectionMaximumAmplification",
        signature = "($self, max_factor, /)"
    )]
    fn set_maximum_amplification(&self, max_factor: f64) -> PyResult<()> {
        let taken = self
            .parser
            .borrow_mut()
            .set_maximum_amplification(max_factor as f32);
        self.check_root(taken, "'max_factor' must be at least 1.0")
    }

    /// Sets how many bytes there must be before the amplification by entities counts.
    #[pymethod(
        name = "SetBillionLaughsAttackProtectionActivationThreshold",
        signature = "($self, threshold, /)"
    )]
    fn set_activation_threshold(&self, threshold: &PyObject) -> PyResult<()> {
        let threshold = bytes_number(threshold)?;
        let taken = self.parser.borrow_mut().set_activation_threshold(threshold);
        self.check_root(taken, "")
    }

    /// Sets how many times more memory than the document has bytes may be held for it.
    ///
    /// The factor must be at least 1.0; only root parsers have one.
    #[pymethod(
        name = "SetAllocTrackerMaximumAmplification",
        signature = "($self, max_factor, /)"
    )]
    fn set_maximum_memory(&self, max_factor: f64) -> PyResult<()> {
        let mut parser = self.parser.borrow_mut();
        let taken = parser.set_maximum_memory_amplification(max_factor as f32);
        drop(parser);
        self.check_root(taken, "'max_factor' must be at least 1.0")
    }

    /// Sets how much memory must be held before its amplification counts.
    #[pymethod(
        name = "SetAllocTrackerActivationThreshold",
        signature = "($self, threshold, /)"
    )]
    fn set_memory_threshold(&self, threshold: &PyObject) -> PyResult<()> {
        let threshold = bytes_number(threshold)?;
        let mut parser = self.parser.borrow_mut();
        let taken = parser.set_memory_activation_threshold(threshold);
        drop(parser);
        self.check_root(taken, "")
    }

    /// Enable/Disable reparse deferral; enabled by default with Expat >=2.6.0.
    #[pymethod(name = "SetReparseDeferralEnabled", signature = "($self, enabled, /)")]
    fn set_reparse_deferral(&self, enabled: bool) {
        self.parser.borrow_mut().set_reparse_deferral(enabled);
    }

    /// Retrieve reparse deferral enabled status; always returns false with Expat <2.6.0.
    #[pymethod(name = "GetReparseDeferralEnabled")]
    fn reparse_deferral(&self) -> bool {
        self.parser.borrow().reparse_deferral()
    }
}
