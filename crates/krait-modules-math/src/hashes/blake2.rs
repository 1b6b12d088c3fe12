//! `_blake2`.

use std::cell::RefCell;

use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{
    OptionalArg, PyLong, PyModule, PyResult, PyType, overflow_error, pymodule, value_error,
};

use super::{add_min_size, bytes_object, bytes_of, hex, initial};

/// The parameters as Python gives them.
struct Given<'a> {
    digest_size: i32,
    key: Option<&'a PyObject>,
    salt: Option<&'a PyObject>,
    person: Option<&'a PyObject>,
    fanout: i32,
    depth: i32,
    leaf_size: u64,
    node_offset: u64,
    node_depth: i32,
    inner_size: i32,
}

/// The parameters, checked.
struct Parameters {
    digest_size: usize,
    key: Vec<u8>,
    salt: Vec<u8>,
    person: Vec<u8>,
    fanout: u8,
    depth: u8,
    leaf_size: u32,
    node_depth: u8,
    inner_size: usize,
}

/// What differs between the two functions.
struct Limits {
    name: &'static str,
    digest: i32,
    salt: usize,
}

fn bounded_bytes(data: Option<&PyObject>, limit: usize, what: &str) -> PyResult<Vec<u8>> {
    let bytes = match data {
        Some(data) => data.bytes_buffer()?.to_vec(),
        None => Vec::new(),
    };
    if bytes.len() > limit {
        return Err(value_error!("maximum {what} length is {limit} bytes"));
    }
    Ok(bytes)
}

fn small(value: i32, least: u8, what: &str) -> PyResult<u8> {
    u8::try_from(value)
        .ok()
        .filter(|value| *value >= least)
        .ok_or_else(|| value_error!("{what} must be between {least} and 255"))
}

impl Given<'_> {
    fn check(&self, limits: &Limits) -> PyResult<Parameters> {
        if self.digest_size < 1 || self.digest_size > limits.digest {
            return Err(value_error!(
                "digest_size for {} must be between 1 and {} bytes, here it is {}",
                limits.name,
                limits.digest,
                self.digest_size
            ));
        }
        let salt = bounded_bytes(self.salt, limits.salt, "salt")?;
        let person = bounded_bytes(self.person, limits.salt, "person")?;
        let fanout = small(self.fanout, 0, "fanout")?;
        let depth = small(self.depth, 1, "depth")?;
        let leaf_size =
            u32::try_from(self.leaf_size).map_err(|_| overflow_error!("leaf_size is too large"))?;
        if limits.digest == 32 && self.node_offset >= 1 << 48 {
            return Err(overflow_error!("node_offset is too large"));
        }
        let node_depth = small(self.node_depth, 0, "node_depth")?;
        if self.inner_size < 0 || self.inner_size > limits.digest {
            return Err(value_error!(
                "inner_size must be between 0 and is {}",
                limits.digest
            ));
        }
        Ok(Parameters {
            digest_size: self.digest_size as usize,
            key: bounded_bytes(self.key, limits.digest as usize, "key")?,
            salt,
            person,
            fanout,
            depth,
            leaf_size,
            node_depth,
            inner_size: self.inner_size as usize,
        })
    }
}

macro_rules! blake2_class {
    ($struct:ident = $name:literal, $doc:literal, $library:ident, $title:literal, $max:literal,
        $salt:literal, $block:literal, $signature:literal) => {
        #[doc = $doc]
        #[pyclass(name = $name, module = "_blake2")]
        #[repr(C)]
        pub struct $struct {
            ob_base: PyObject,
            state: RefCell<$library::State>,
            size: usize,
        }

        #[pymethods]
        impl $struct {
            #[pynew(signature = $signature)]
            fn new(
                cls: &PyType,
                data: OptionalArg<&PyObject>,
                digest_size: i32,
                key: OptionalArg<&PyObject>,
                salt: OptionalArg<&PyObject>,
                person: OptionalArg<&PyObject>,
                fanout: i32,
                depth: i32,
                leaf_size: u64,
                node_offset: u64,
                node_depth: i32,
                inner_size: i32,
                last_node: bool,
                usedforsecurity: bool,
                string: Option<&PyObject>,
            ) -> PyResult<Py<Self>> {
                let _ = usedforsecurity;
                let data = initial(data, string)?;
                let given = Given {
                    digest_size,
                    key: present(key),
                    salt: present(salt),
                    person: present(person),
                    fanout,
                    depth,
                    leaf_size,
                    node_offset,
                    node_depth,
                    inner_size,
                };
                let all = given.check(&Limits {
                    name: $title,
                    digest: $max,
                    salt: $salt,
                })?;
                let mut state = $library::Params::new()
                    .hash_length(all.digest_size)
                    .key(&all.key)
                    .salt(&all.salt)
                    .personal(&all.person)
                    .fanout(all.fanout)
                    .max_depth(all.depth)
                    .max_leaf_length(all.leaf_size)
                    .node_offset(node_offset)
                    .node_depth(all.node_depth)
                    .inner_hash_length(all.inner_size)
                    .last_node(last_node)
                    .to_state();
                if let Some(bytes) = data {
                    state.update(&bytes);
                }
                Self::with(cls, state, all.digest_size)
            }

            /// Return a copy of the hash object.
            #[pymethod(signature = "($self, /)")]
            fn copy(&self) -> PyResult<Py<Self>> {
                Self::with(self.type_(), self.state.borrow().clone(), self.size)
            }

            /// Return the digest value as a bytes object.
            #[pymethod(signature = "($self, /)")]
            fn digest(&self) -> PyResult<Obj> {
                bytes_object(self.state.borrow().finalize().as_bytes())
            }

            /// Return the digest value as a string of hexadecimal digits.
            #[pymethod(signature = "($self, /)")]
            fn hexdigest(&self) -> String {
                hex(self.state.borrow().finalize().as_bytes())
            }

            /// Update this hash object's state with the provided bytes-like object.
            #[pymethod(signature = "($self, data, /)")]
            fn update(&self, data: &PyObject) -> PyResult<()> {
                let bytes = bytes_of(data)?;
                self.state.borrow_mut().update(&bytes);
                Ok(())
            }

            #[pygetter]
            fn block_size(&self) -> i64 {
                $block
            }

            #[pygetter]
            fn name(&self) -> &'static str {
                $name
            }

            #[pygetter]
            fn digest_size(&self) -> usize {
                self.size
            }
        }

        impl $struct {
            fn with(cls: &PyType, state: $library::State, size: usize) -> PyResult<Py<Self>> {
                Py::new_in(
                    cls,
                    $struct {
                        ob_base: PyObject::HEADER,
                        state: RefCell::new(state),
                        size,
                    },
                )
            }
        }
    };
}

fn present(argument: OptionalArg<&PyObject>) -> Option<&PyObject> {
    match argument {
        OptionalArg::Present(value) => Some(value),
        OptionalArg::Missing => None,
    }
}

blake2_class!(
    Blake2b = "blake2b",
    "Return a new BLAKE2b hash object.",
    blake2b_simd,
    "Blake2b",
    64,
    16,
    128,
    "(data=b'', *, digest_size=64, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)"
);
blake2_class!(
    Blake2s = "blake2s",
    "Return a new BLAKE2s hash object.",
    blake2s_simd,
    "Blake2s",
    32,
    8,
    64,
    "(data=b'', *, digest_size=32, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)"
);

fn exec(module: &PyModule) -> PyResult<()> {
    for (prefix, class, digest, salt) in [
        ("BLAKE2B", Blake2b::type_object(), 64, 16),
        ("BLAKE2S", Blake2s::type_object(), 32, 8),
    ] {
        let constants = [
            ("SALT_SIZE", salt),
            ("PERSON_SIZE", salt),
            ("MAX_KEY_SIZE", digest),
            ("MAX_DIGEST_SIZE", digest),
        ];
        for (name, value) in constants {
            let value = PyLong::from_i64(value)?;
            module.dict().set(&format!("{prefix}_{name}"), &value)?;
            class.dict().set(name, &value)?;
        }
        class.modified();
    }
    add_min_size(module)
}

pymodule! {
    pub BLAKE2 = "_blake2", "_blake2b provides BLAKE2b for hashlib\n",
    functions: [],
    classes: [Blake2b, Blake2s],
    exec: Some(exec),
}
