//! `_md5`, `_sha1`, `_sha2`.

use std::cell::RefCell;

use digest::Digest;
use krait_macros::{pyclass, pyfunction, pymethods};
use krait_runtime::object::{Obj, Py, PyClass, PyObject};
use krait_runtime::{OptionalArg, PyModule, PyResult, pymodule};

use super::{add_min_size, bytes_object, bytes_of, hex, initial};

/// A class of digests and the function that makes its objects.
macro_rules! digest_class {
    ($struct:ident($class:literal, $module:literal) $function:ident = $name:literal, $doc:literal,
        $algorithm:ty, $size:literal, $block:literal) => {
        #[allow(missing_docs)]
        #[pyclass(name = $class, module = $module, flags(DISALLOW_INSTANTIATION))]
        #[repr(C)]
        pub struct $struct {
            ob_base: PyObject,
            state: RefCell<$algorithm>,
        }

        #[pymethods]
        impl $struct {
            /// Return a copy of the hash object.
            #[pymethod(signature = "($self, /)")]
            fn copy(&self) -> PyResult<Py<$struct>> {
                $struct::with(self.state.borrow().clone())
            }

            /// Return the digest value as a bytes object.
            #[pymethod(signature = "($self, /)")]
            fn digest(&self) -> PyResult<Obj> {
                bytes_object(&self.state.borrow().clone().finalize())
            }

            /// Return the digest value as a string of hexadecimal digits.
            #[pymethod(signature = "($self, /)")]
            fn hexdigest(&self) -> String {
                hex(&self.state.borrow().clone().finalize())
            }

            /// Update this hash object's state with the provided string.
            #[pymethod(signature = "($self, obj, /)")]
            fn update(&self, obj: &PyObject) -> PyResult<()> {
                let bytes = bytes_of(obj)?;
                Digest::update(&mut *self.state.borrow_mut(), &bytes);
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
            fn digest_size(&self) -> i64 {
                $size
            }
        }

        impl $struct {
            fn with(state: $algorithm) -> PyResult<Py<$struct>> {
                Py::new($struct {
                    ob_base: PyObject::HEADER,
                    state: RefCell::new(state),
                })
            }
        }

        #[doc = $doc]
        #[pyfunction(signature = "(data=b'', *, usedforsecurity=True, string=None)")]
        pub fn $function(
            data: OptionalArg<&PyObject>,
            usedforsecurity: bool,
            string: Option<&PyObject>,
        ) -> PyResult<Py<$struct>> {
            let _ = usedforsecurity;
            let mut state = <$algorithm>::new();
            if let Some(bytes) = initial(data, string)? {
                Digest::update(&mut state, &bytes);
            }
            $struct::with(state)
        }
    };
}

digest_class!(Md5("md5", "_md5") md5 = "md5",
    "Return a new MD5 hash object; optionally initialized with a string.", ::md5::Md5, 16, 64);
digest_class!(Sha1("sha1", "_sha1") sha1 = "sha1",
    "Return a new SHA1 hash object; optionally initialized with a string.", ::sha1::Sha1, 20, 64);
digest_class!(Sha224("SHA224Type", "_sha2") sha224 = "sha224",
    "Return a new SHA-224 hash object; optionally initialized with a string.", sha2::Sha224, 28, 64);
digest_class!(Sha256("SHA256Type", "_sha2") sha256 = "sha256",
    "Return a new SHA-256 hash object; optionally initialized with a string.", sha2::Sha256, 32, 64);
digest_class!(Sha384("SHA384Type", "_sha2") sha384 = "sha384",
    "Return a new SHA-384 hash object; optionally initialized with a string.", sha2::Sha384, 48, 128);
digest_class!(Sha512("SHA512Type", "_sha2") sha512 = "sha512",
    "Return a new SHA-512 hash object; optionally initialized with a string.", sha2::Sha512, 64, 128);

pymodule! {
    pub MD5 = "_md5", "",
    functions: [md5],
    classes: [],
    hidden: [Md5],
    exec: Some(|module: &PyModule| {
        module.dict().set("MD5Type", Md5::type_object())?;
        add_min_size(module)
    }),
}

pymodule! {
    pub SHA1 = "_sha1", "",
    functions: [sha1],
    classes: [],
    hidden: [Sha1],
    exec: Some(|module: &PyModule| {
        module.dict().set("SHA1Type", Sha1::type_object())?;
        add_min_size(module)
    }),
}

pymodule! {
    pub SHA2 = "_sha2", "",
    functions: [sha256, sha224, sha512, sha384],
    classes: [Sha224, Sha256, Sha384, Sha512],
    exec: Some(add_min_size),
}
