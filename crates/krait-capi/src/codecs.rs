//! `codecs.h`.

use std::ffi::c_int;

use krait_runtime::{Obj, PyResult, codecs};

use crate::glue::*;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_Register(search: Arg) -> c_int {
    run(|| codecs::registry::register(some(search)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_Unregister(search: Arg) -> c_int {
    if let Some(search) = search {
        codecs::registry::unregister(search);
    }
    0
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_KnownEncoding(encoding: Text) -> c_int {
    match codecs::registry::lookup(&encoding.lossy()) {
        Ok(_) => 1,
        Err(error) => {
            error.clear();
            0
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyCodec_Lookup(encoding: Text) -> Out {
    run(|| codecs::registry::lookup(&encoding.lossy()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_Encode(object: Arg, encoding: Text, errors: Text) -> Out {
    run(|| {
        codecs::registry::encode_object(
            some(object)?,
            encoding.opt()?.unwrap_or("utf-8"),
            errors.opt()?,
        )
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_Decode(object: Arg, encoding: Text, errors: Text) -> Out {
    run(|| {
        codecs::registry::decode_object(
            some(object)?,
            encoding.opt()?.unwrap_or("utf-8"),
            errors.opt()?,
        )
    })
}

/// A part of a codec's entry.
fn part(encoding: Text, name: &str) -> PyResult<Obj> {
    codecs::registry::lookup(&encoding.lossy())?.getattr_str(name)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_Encoder(encoding: Text) -> Out {
    run(|| part(encoding, "encode"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_Decoder(encoding: Text) -> Out {
    run(|| part(encoding, "decode"))
}

fn incremental(encoding: Text, errors: Text, name: &str) -> PyResult<Obj> {
    let class = part(encoding, name)?;
    match errors.get() {
        Some(_) => class.call1(&*errors.str()?),
        None => class.call0(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_IncrementalEncoder(encoding: Text, errors: Text) -> Out {
    run(|| incremental(encoding, errors, "incrementalencoder"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_IncrementalDecoder(encoding: Text, errors: Text) -> Out {
    run(|| incremental(encoding, errors, "incrementaldecoder"))
}

fn stream(encoding: Text, file: Arg, errors: Text, name: &str) -> PyResult<Obj> {
    let class = part(encoding, name)?;
    match errors.get() {
        Some(_) => class.call(&[some(file)?, &*errors.str()?]),
        None => class.call1(some(file)?),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_StreamReader(encoding: Text, file: Arg, errors: Text) -> Out {
    run(|| stream(encoding, file, errors, "streamreader"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_StreamWriter(encoding: Text, file: Arg, errors: Text) -> Out {
    run(|| stream(encoding, file, errors, "streamwriter"))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_RegisterError(name: Text, handler: Arg) -> c_int {
    run(|| codecs::registry::register_error(&name.lossy(), some(handler)?))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyCodec_LookupError(name: Text) -> Out {
    run(|| codecs::registry::lookup_error(name.opt()?.unwrap_or("strict")))
}

macro_rules! handlers {
    ($($function:ident $name:literal;)+) => { $(
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $function(exception: Arg) -> Out {
            run(|| codecs::registry::lookup_error($name)?.call1(some(exception)?))
        }
    )+ };
}

handlers! {
    PyCodec_StrictErrors "strict";
    PyCodec_IgnoreErrors "ignore";
    PyCodec_ReplaceErrors "replace";
    PyCodec_XMLCharRefReplaceErrors "xmlcharrefreplace";
    PyCodec_BackslashReplaceErrors "backslashreplace";
    PyCodec_NameReplaceErrors "namereplace";
}
