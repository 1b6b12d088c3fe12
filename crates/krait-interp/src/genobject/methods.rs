//! What the classes of the generator family have in common, as the macros that write it.

/// Names, size, slots and `__class_getitem__` of a class of the family.
macro_rules! generator_attributes {
    ($class:ident [$name:tt $qualname:tt]) => {
        #[pymethods(ATTRIBUTES)]
        impl $class {
            #[doc = $name]
            #[pygetter]
            fn __name__(&self) -> Option<Py<PyStr>> {
                self.body.gi_name.get()
            }

            #[pysetter(name = "__name__")]
            fn set_name(&self, value: Option<&PyObject>) -> PyResult<()> {
                let Some(name) = value.and_then(PyObject::downcast::<PyStr>) else {
                    return Err(type_error!("__name__ must be set to a string object"));
                };
                self.body.gi_name.set(Some(PyClass::to_owned(name)));
                Ok(())
            }

            #[doc = $qualname]
            #[pygetter]
            fn __qualname__(&self) -> Option<Py<PyStr>> {
                self.body.gi_qualname.get()
            }

            #[pysetter(name = "__qualname__")]
            fn set_qualname(&self, value: Option<&PyObject>) -> PyResult<()> {
                let Some(name) = value.and_then(PyObject::downcast::<PyStr>) else {
                    return Err(type_error!("__qualname__ must be set to a string object"));
                };
                self.body.gi_qualname.set(Some(PyClass::to_owned(name)));
                Ok(())
            }

            #[pymethod(name = "__sizeof__", signature = "($self, /)")]
            fn sizeof(&self) -> PyResult<isize> {
                let code = self.body.code();
                let words = code.co_nlocalsplus.get() + code.co_stacksize.get();
                Ok(BASIC_SIZE + words as isize * size_of::<usize>() as isize)
            }

            /// See PEP 585
            #[pyclassmethod(signature = "($type, object, /)")]
            fn __class_getitem__(class: &krait_runtime::PyType, item: &PyObject) -> PyResult<Obj> {
                krait_runtime::generic_alias::new_generic_alias(class, item)
            }
        }

        #[pymethods(SLOTS)]
        impl $class {
            #[slot(tp_dealloc)]
            unsafe extern "C" fn tp_dealloc(object: *mut abi::PyObject) {
                // SAFETY: the contract of `tp_dealloc`.
                unsafe { dealloc(object) }
            }

            #[slot(tp_traverse)]
            unsafe extern "C" fn tp_traverse(
                object: *mut abi::PyObject,
                visit: abi::visitproc,
                arg: *mut std::ffi::c_void,
            ) -> i32 {
                // SAFETY: the contract of `tp_traverse`.
                unsafe { traverse(object, visit, arg) }
            }

            #[slot(tp_finalize)]
            fn tp_finalize(&self) {
                generic(self).finalize();
            }

            #[slot(tp_repr)]
            fn repr(&self) -> PyResult<Obj> {
                let name = self
                    .body
                    .gi_qualname
                    .get()
                    .map(|name| name.to_string_lossy());
                let text = format!(
                    "<{} object {} at {:p}>",
                    <$class as PyClass>::NAME,
                    name.unwrap_or_default(),
                    self
                );
                Ok(PyStr::new(&text)?.into_object())
            }

            #[slot(am_send)]
            fn am_send(&self, value: &PyObject) -> PyResult<SendResult> {
                generic(self).send_raw(value)
            }
        }
    };
}

/// `send`, `throw` and `close` of generators and coroutines.
macro_rules! generator_resumption {
    ($class:ident [$send:tt $throw:tt $close:tt]) => {
        #[pymethods(RESUMPTION)]
        impl $class {
            #[doc = $send]
            #[pymethod(signature = "($self, object, /)")]
            fn send(&self, value: &PyObject) -> PyResult<Obj> {
                generic(self).gen_send(value)
            }

            #[doc = $throw]
            #[pymethod(
                signature = "($self, type, value=None, traceback=None, /)",
                text_signature = ""
            )]
            fn throw(
                &self,
                kind: Obj,
                value: OptionalArg<Obj>,
                traceback: OptionalArg<Obj>,
            ) -> PyResult<Obj> {
                generic(self).throw_given(kind, value, traceback)
            }

            #[doc = $close]
            #[pymethod(signature = "($self, /)")]
            fn close(&self) -> PyResult<Obj> {
                generic(self).gen_close()
            }
        }
    };
}

pub(crate) use generator_attributes;
pub(super) use generator_resumption;
