//! `_sha3`.

use std::cell::RefCell;

use digest::{ExtendableOutput, FixedOutput, Update, XofReader};
use krait_macros::{pyclass, pymethods};
use krait_runtime::object::{Obj, Py, PyObject};
use krait_runtime::{OptionalArg, PyModule, PyResult, PyStr, PyType, pymodule, value_error};

use super::{add_min_size, bytes_object, bytes_of, hex, initial};

/// The longest output of the functions without a fixed one, as in CPython.
const MAX_LENGTH: usize = 1 << 29;

fn check_length(length: u64) -> PyResult<usize> {
    usize::try_from(length)
        .ok()
        .filter(|length| *length < MAX_LENGTH)
        .ok_or_else(|| value_error!("length is too large"))
}

macro_rules! sha3_class {
    ($struct:ident = $name:literal, $doc:literal, $algorithm:ty, $size:literal, $capacity:literal,
        $suffix:literal, { $($output:tt)* }) => {
        #[doc = $doc]
        #[pyclass(name = $name, module = "_sha3", methods(METHODS, OUTPUT))]
        #[repr(C)]
        pub struct $struct {
            ob_base: PyObject,
            state: RefCell<$algorithm>,
        }

        #[pymethods]
        impl $struct {
            #[pynew(signature = "(data=b'', *, usedforsecurity=True, string=None)")]
            fn new(
                cls: &PyType,
                data: OptionalArg<&PyObject>,
                usedforsecurity: bool,
                string: Option<&PyObject>,
            ) -> PyResult<Py<Self>> {
                let _ = usedforsecurity;
                let mut state = <$algorithm>::default();
                if let Some(bytes) = initial(data, string)? {
                    state.update(&bytes);
                }
                Self::with(cls, state)
            }

            /// Return a copy of the hash object.
            #[pymethod(signature = "($self, /)")]
            fn copy(&self) -> PyResult<Py<Self>> {
                Self::with(self.type_(), self.state.borrow().clone())
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
                (1600 - $capacity) / 8
            }

            #[pygetter]
            fn name(&self) -> &'static str {
                $name
            }

            #[pygetter]
            fn digest_size(&self) -> i64 {
                $size
            }

            #[pygetter]
            fn _capacity_bits(&self) -> i64 {
                $capacity
            }

            #[pygetter]
            fn _rate_bits(&self) -> i64 {
                1600 - $capacity
            }

            #[pygetter]
            fn _suffix(&self) -> PyResult<Obj> {
                bytes_object(&[$suffix])
            }
        }

        impl $struct {
            fn with(cls: &PyType, state: $algorithm) -> PyResult<Py<Self>> {
                Py::new_in(cls, $struct { ob_base: PyObject::HEADER, state: RefCell::new(state) })
            }
        }

        #[pymethods(OUTPUT)]
        impl $struct {
            $($output)*
        }
    };
}

macro_rules! fixed {
    ($struct:ident = $name:literal, $doc:literal, $algorithm:ty, $size:literal, $capacity:literal) => {
        sha3_class!($struct = $name, $doc, $algorithm, $size, $capacity, 6, {
            /// Return the digest value as a bytes object.
            #[pymethod(signature = "($self, /)")]
            fn digest(&self) -> PyResult<Obj> {
                bytes_object(&self.state.borrow().clone().finalize_fixed())
            }

            /// Return the digest value as a string of hexadecimal digits.
            #[pymethod(signature = "($self, /)")]
            fn hexdigest(&self) -> String {
                hex(&self.state.borrow().clone().finalize_fixed())
            }
        });
    };
}

macro_rules! extendable {
    ($struct:ident = $name:literal, $algorithm:ty, $capacity:literal) => {
        sha3_class!(
            $struct = $name,
            "Return a new SHAKE hash object.",
            $algorithm,
            0,
            $capacity,
            0x1f,
            {
                /// Return the digest value as a bytes object.
                #[pymethod(signature = "($self, /, length)")]
                fn digest(&self, length: u64) -> PyResult<Obj> {
                    bytes_object(&self.output(length)?)
                }

                /// Return the digest value as a string of hexadecimal digits.
                #[pymethod(signature = "($self, /, length)")]
                fn hexdigest(&self, length: u64) -> PyResult<Py<PyStr>> {
                    PyStr::new(&hex(&self.output(length)?))
                }
            }
        );

        impl $struct {
            fn output(&self, length: u64) -> PyResult<Vec<u8>> {
                let mut bytes = vec![0; check_length(length)?];
                self.state.borrow().clone().finalize_xof().read(&mut bytes);
                Ok(bytes)
            }
        }
    };
}

fixed!(
    Sha3_224 = "sha3_224",
    "Return a new SHA3 hash object with a hashbit length of 28 bytes.",
    ::sha3::Sha3_224,
    28,
    448
);
fixed!(
    Sha3_256 = "sha3_256",
    "Return a new SHA3 hash object with a hashbit length of 32 bytes.",
    ::sha3::Sha3_256,
    32,
    512
);
fixed!(
    Sha3_384 = "sha3_384",
    "Return a new SHA3 hash object with a hashbit length of 48 bytes.",
    ::sha3::Sha3_384,
    48,
    768
);
fixed!(
    Sha3_512 = "sha3_512",
    "Return a new SHA3 hash object with a hashbit length of 64 bytes.",
    ::sha3::Sha3_512,
    64,
    1024
);
extendable!(Shake128 = "shake_128", ::sha3::Shake128, 256);
extendable!(Shake256 = "shake_256", ::sha3::Shake256, 512);

fn exec(module: &PyModule) -> PyResult<()> {
    module
        .dict()
        .set("implementation", &*PyStr::intern("RustCrypto")?)?;
    add_min_size(module)
}

pymodule! {
    pub SHA3 = "_sha3", "",
    functions: [],
    classes: [Sha3_224, Sha3_256, Sha3_384, Sha3_512, Shake128, Shake256],
    exec: Some(exec),
}
