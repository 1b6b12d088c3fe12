//! What the crate's own parts do; documents are compared with expat through the module `pyexpat`.

use crate::{Error, Event, Handler, ParamEntityParsing, Parser};

const SHOWN: [Handler; 7] = [
    Handler::StartElement,
    Handler::EndElement,
    Handler::CharacterData,
    Handler::StartNamespace,
    Handler::EndNamespace,
    Handler::SkippedEntity,
    Handler::ExternalEntityRef,
];

fn parser(namespaces: bool) -> Parser {
    let mut parser = Parser::new(None, namespaces.then_some(Some(' ')));
    for handler in SHOWN {
        parser.set_handler(handler, true);
    }
    parser
}

/// Feeds pieces and writes down the events, text joined.
fn run(parser: &mut Parser, pieces: &[&[u8]]) -> Result<String, Error> {
    let mut out = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        parser.feed(piece, index + 1 == pieces.len())?;
        while let Some(event) = parser.next()? {
            match event {
                Event::StartElement(name) => {
                    out += &format!("<{}", parser.name(name));
                    for attribute in parser.attributes() {
                        let name = parser.name(attribute.name);
                        out += &format!(" {name}={:?}", parser.attribute_value(attribute));
                    }
                    out.push('>');
                }
                Event::EndElement(name) => out += &format!("</{}>", parser.name(name)),
                Event::CharacterData(text) => out += parser.text(&text, &mut [0; 4]),
                Event::StartNamespace { uri, .. } => out += &format!("[{uri:?}"),
                Event::EndNamespace { .. } => out.push(']'),
                Event::SkippedEntity { name, .. } => out += &format!("&{};", parser.name(name)),
                Event::ExternalEntityRef { context, .. } => {
                    let mut inner = parser.external_entity_parser(context.as_deref(), None);
                    let text: &[u8] = match context {
                        Some(_) => b"<?xml encoding='us-ascii'?><in/>",
                        None => b"<!ENTITY late 'l'>",
                    };
                    out += &run(&mut inner, &[text])?;
                }
                _ => {}
            }
        }
    }
    Ok(out)
}

#[track_caller]
fn check(document: &str, expected: Result<&str, Error>) {
    let whole = run(&mut parser(false), &[document.as_bytes()]);
    assert_eq!(whole.as_deref().map_err(|error| *error), expected);
    let mut pieces: Vec<&[u8]> = document.as_bytes().chunks(1).collect();
    pieces.push(b"");
    assert_eq!(run(&mut parser(false), &pieces), whole, "byte by byte");
}

#[test]
fn documents_are_read_whole_and_byte_by_byte() {
    check(
        "<a b='1'>x\r\ny&lt;&#x20ac;<c/></a>",
        Ok("<a b=\"1\">x\ny<€<c></c></a>"),
    );
    check("<a><![CDATA[<]]>]]</a>", Ok("<a><]]</a>"));
    check(
        "<!DOCTYPE a [<!ENTITY e '<b>&f;</b>'><!ENTITY f 'g'><!ATTLIST a t NMTOKENS ' x  y '>]><a>&e;</a>",
        Ok("<a t=\"x y\"><b>g</b></a>"),
    );
    check("<a></b>", Err(Error::TagMismatch));
    check("<a/><b/>", Err(Error::JunkAfterDocElement));
    check("<a>&e;</a>", Err(Error::UndefinedEntity));
    check("<a b='' b=''/>", Err(Error::DuplicateAttribute));
    check("<a>]]></a>", Err(Error::InvalidToken));
    check("", Err(Error::NoElements));
    check("<a", Err(Error::UnclosedToken));
}

#[test]
fn names_get_their_namespaces() {
    let text = b"<p:a xmlns:p='u' xmlns='v' p:x='1' y='2'><b/></p:a>";
    assert_eq!(
        run(&mut parser(true), &[text]).as_deref(),
        Ok("[Some(\"u\")[Some(\"v\")<u a u x=\"1\" y=\"2\"><v b></v b></u a>]]"),
    );
    assert_eq!(
        run(&mut parser(true), &[b"<p:a/>"]),
        Err(Error::UnboundPrefix)
    );
    let twice = b"<a xmlns:p='u' xmlns:q='u' p:x='' q:x=''/>";
    assert_eq!(
        run(&mut parser(true), &[twice]),
        Err(Error::DuplicateAttribute)
    );
}

#[test]
fn external_entities_have_parsers_of_their_own() {
    let mut parser = parser(false);
    parser.set_param_entity_parsing(ParamEntityParsing::Always);
    let text = b"<!DOCTYPE a SYSTEM 's' [<!ENTITY e SYSTEM 'e'>]><a>&e;&late;&never;</a>";
    assert_eq!(
        run(&mut parser, &[text]).as_deref(),
        Ok("<a><in></in>l&never;</a>"),
    );
}

#[test]
fn other_encodings_tell_positions_in_their_own_bytes() {
    let text: Vec<u8> = "\u{feff}<a>é😀</b>"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let mut parser = parser(false);
    assert_eq!(run(&mut parser, &[&text]), Err(Error::TagMismatch));
    assert_eq!(parser.byte_index(), Some(18));
    assert_eq!(parser.line_and_column(), (1, 8));
    assert_eq!(parser.input_context().map(<[u8]>::len), Some(4));
}

#[test]
fn hostile_documents_end_soon() {
    let mut text = String::from("<!DOCTYPE a [<!ENTITY e0 'lol'>");
    for level in 1..20 {
        let previous = format!("&e{};", level - 1).repeat(10);
        text += &format!("<!ENTITY e{level} '{previous}'>");
    }
    let content = format!("{text}]><a>&e19;</a>");
    let value = format!("{text}]><a b='&e19;'/>");
    for text in [content, value] {
        let error = run(&mut parser(false), &[text.as_bytes()]);
        assert_eq!(error, Err(Error::AmplificationLimit));
    }
    let deep = "<a>".repeat(300_000);
    assert_eq!(
        run(&mut parser(false), &[deep.as_bytes()]),
        Err(Error::NoElements)
    );
    let model = format!(
        "<!DOCTYPE a [<!ELEMENT a {}b{}>]><a/>",
        "(".repeat(99_999),
        ")".repeat(99_999)
    );
    assert!(run(&mut parser(false), &[model.as_bytes()]).is_ok());
}
