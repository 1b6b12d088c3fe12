//! The attributes of parsers: handlers, settings, and where the parser is.

use krait_macros::pymethods;
use krait_runtime::{Obj, PyObject, PyResult};

use super::parser::{Slot, XmlParser, present};

#[pymethods(ATTRIBUTES)]
impl XmlParser {
    #[pygetter(name = "ErrorCode")]
    fn get_error_code(&self) -> i64 {
        self.error_code()
    }

    #[pygetter(name = "ErrorLineNumber")]
    fn error_line(&self) -> u64 {
        self.place().0
    }

    #[pygetter(name = "ErrorColumnNumber")]
    fn error_column(&self) -> u64 {
        self.place().1
    }

    #[pygetter(name = "ErrorByteIndex")]
    fn error_byte_index(&self) -> i64 {
        self.byte_index()
    }

    #[pygetter(name = "CurrentLineNumber")]
    fn current_line(&self) -> u64 {
        self.place().0
    }

    #[pygetter(name = "CurrentColumnNumber")]
    fn current_column(&self) -> u64 {
        self.place().1
    }

    #[pygetter(name = "CurrentByteIndex")]
    fn current_byte_index(&self) -> i64 {
        self.byte_index()
    }

    #[pygetter(name = "buffer_size")]
    fn get_buffer_size(&self) -> usize {
        self.buffer_size.get()
    }

    #[pysetter(name = "buffer_size")]
    fn change_buffer_size(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.set_buffer_size(present(value)?)
    }

    #[pygetter(name = "buffer_text")]
    fn get_buffer_text(&self) -> bool {
        self.buffer_text.get()
    }

    #[pysetter(name = "buffer_text")]
    fn change_buffer_text(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.set_buffer_text(present(value)?)
    }

    #[pygetter(name = "buffer_used")]
    fn get_buffer_used(&self) -> usize {
        self.buffer_used.get()
    }

    #[pygetter(name = "namespace_prefixes")]
    fn get_namespace_prefixes(&self) -> bool {
        self.namespace_prefixes()
    }

    #[pysetter(name = "namespace_prefixes")]
    fn change_namespace_prefixes(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.set_namespace_prefixes(present(value)?)
    }

    #[pygetter(name = "ordered_attributes")]
    fn get_ordered_attributes(&self) -> bool {
        self.ordered_attributes.get()
    }

    #[pysetter(name = "ordered_attributes")]
    fn change_ordered_attributes(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.ordered_attributes.set(present(value)?.is_true()?);
        Ok(())
    }

    #[pygetter(name = "specified_attributes")]
    fn get_specified_attributes(&self) -> bool {
        self.specified_attributes.get()
    }

    #[pysetter(name = "specified_attributes")]
    fn change_specified_attributes(&self, value: Option<&PyObject>) -> PyResult<()> {
        self.specified_attributes.set(present(value)?.is_true()?);
        Ok(())
    }
}

/// Makes an attribute of every handler.
macro_rules! handlers {
    ($($slot:ident $name:tt $get:ident $set:ident;)*) => {
        #[pymethods(HANDLERS)]
        impl XmlParser {
            $(
                #[pygetter(name = $name)]
                fn $get(&self) -> Option<Obj> {
                    self.get_handler(Slot::$slot)
                }

                #[pysetter(name = $name)]
                fn $set(&self, value: Option<&PyObject>) -> PyResult<()> {
                    self.set_handler(Slot::$slot, value)
                }
            )*
        }
    };
}

handlers! {
    StartElement "StartElementHandler" get_start_element set_start_element;
    EndElement "EndElementHandler" get_end_element set_end_element;
    ProcessingInstruction "ProcessingInstructionHandler" get_instruction set_instruction;
    CharacterData "CharacterDataHandler" get_character_data set_character_data;
    UnparsedEntityDecl "UnparsedEntityDeclHandler" get_unparsed_entity set_unparsed_entity;
    NotationDecl "NotationDeclHandler" get_notation set_notation;
    StartNamespaceDecl "StartNamespaceDeclHandler" get_start_namespace set_start_namespace;
    EndNamespaceDecl "EndNamespaceDeclHandler" get_end_namespace set_end_namespace;
    Comment "CommentHandler" get_comment set_comment;
    StartCdataSection "StartCdataSectionHandler" get_start_cdata set_start_cdata;
    EndCdataSection "EndCdataSectionHandler" get_end_cdata set_end_cdata;
    Default "DefaultHandler" get_default set_default;
    DefaultExpand "DefaultHandlerExpand" get_default_expand set_default_expand;
    NotStandalone "NotStandaloneHandler" get_not_standalone set_not_standalone;
    ExternalEntityRef "ExternalEntityRefHandler" get_external_entity set_external_entity;
    StartDoctypeDecl "StartDoctypeDeclHandler" get_start_doctype set_start_doctype;
    EndDoctypeDecl "EndDoctypeDeclHandler" get_end_doctype set_end_doctype;
    EntityDecl "EntityDeclHandler" get_entity set_entity;
    XmlDecl "XmlDeclHandler" get_xml_decl set_xml_decl;
    ElementDecl "ElementDeclHandler" get_element set_element;
    AttlistDecl "AttlistDeclHandler" get_attlist set_attlist;
    SkippedEntity "SkippedEntityHandler" get_skipped_entity set_skipped_entity;
}
