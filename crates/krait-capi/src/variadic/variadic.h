/* What the files of this folder share: the variadic functions of the C API, which stable Rust cannot
 * define. They walk their arguments and do all else by calling functions that are written in Rust.
 *
 * CPython's headers are not needed to build them: what they use is declared here. */

#ifndef KRAIT_VARIADIC_H
#define KRAIT_VARIADIC_H

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API __attribute__((visibility("default")))

typedef ptrdiff_t Py_ssize_t;
typedef struct object PyObject;
struct object {
    char opaque;
};
typedef struct { double real, imag; } Py_complex;
typedef struct {
    void *buf;
    PyObject *obj;
    Py_ssize_t len, itemsize;
    int readonly, ndim;
    char *format;
    Py_ssize_t *shape, *strides, *suboffsets;
    void *internal;
} Py_buffer;

enum { BUF_SIMPLE = 0, BUF_WRITABLE = 1 };
#define TUPLE_SUBCLASS (1UL << 26)
#define BYTES_SUBCLASS (1UL << 27)
#define UNICODE_SUBCLASS (1UL << 28)
#define DICT_SUBCLASS (1UL << 29)

extern PyObject _Py_NoneStruct[], PyByteArray_Type[];
extern PyObject *PyExc_TypeError, *PyExc_SystemError, *PyExc_ValueError, *PyExc_OverflowError, *PyExc_ResourceWarning, *PyExc_DeprecationWarning;

/* The API, as far as it is called here. */
void Py_IncRef(PyObject *);
void Py_DecRef(PyObject *);
PyObject *Py_TYPE(PyObject *);
unsigned long PyType_GetFlags(PyObject *);
int PyType_IsSubtype(PyObject *, PyObject *);
int PyObject_IsTrue(PyObject *);
int PyObject_HasAttrString(PyObject *, const char *);
PyObject *PyErr_Occurred(void);
void PyErr_Clear(void);
PyObject *PyObject_Str(PyObject *);
PyObject *PyObject_Repr(PyObject *);
int PyUnicodeWriter_WriteStr(void *, PyObject *);
int PyErr_ExceptionMatches(PyObject *);
PyObject *PyErr_GetRaisedException(void);
void PyErr_SetRaisedException(PyObject *);
void PyErr_SetString(PyObject *, const char *);
void PyErr_SetObject(PyObject *, PyObject *);
PyObject *PyErr_NoMemory(void);
int PyErr_WarnEx(PyObject *, const char *, Py_ssize_t);
long PyLong_AsLong(PyObject *);
unsigned long PyLong_AsUnsignedLongMask(PyObject *);
unsigned long long PyLong_AsUnsignedLongLongMask(PyObject *);
long long PyLong_AsLongLong(PyObject *);
PyObject *PyNumber_Index(PyObject *);
Py_ssize_t PyLong_AsSsize_t(PyObject *);
double PyFloat_AsDouble(PyObject *);
Py_complex PyComplex_AsCComplex(PyObject *);
PyObject *PyLong_FromLong(long);
PyObject *PyLong_FromUnsignedLong(unsigned long);
PyObject *PyLong_FromLongLong(long long);
PyObject *PyLong_FromUnsignedLongLong(unsigned long long);
PyObject *PyLong_FromSsize_t(Py_ssize_t);
PyObject *PyBool_FromLong(long);
PyObject *PyFloat_FromDouble(double);
PyObject *PyComplex_FromCComplex(Py_complex);
PyObject *PyUnicode_FromString(const char *);
PyObject *PyUnicode_FromStringAndSize(const char *, Py_ssize_t);
PyObject *PyUnicode_FromWideChar(const wchar_t *, Py_ssize_t);
PyObject *PyUnicode_FromOrdinal(int);
PyObject *PyUnicode_AsEncodedString(PyObject *, const char *, const char *);
const char *PyUnicode_AsUTF8AndSize(PyObject *, Py_ssize_t *);
Py_ssize_t PyUnicode_GetLength(PyObject *);
uint32_t PyUnicode_ReadChar(PyObject *, Py_ssize_t);
int PyUnicode_CompareWithASCIIString(PyObject *, const char *);
PyObject *PyBytes_FromStringAndSize(const char *, Py_ssize_t);
char *PyBytes_AsString(PyObject *);
Py_ssize_t PyBytes_Size(PyObject *);
char *PyByteArray_AsString(PyObject *);
Py_ssize_t PyByteArray_Size(PyObject *);
PyObject *PyTuple_New(Py_ssize_t);
Py_ssize_t PyTuple_Size(PyObject *);
PyObject *PyTuple_GetItem(PyObject *, Py_ssize_t);
int PyTuple_SetItem(PyObject *, Py_ssize_t, PyObject *);
PyObject *PyList_New(Py_ssize_t);
int PyList_SetItem(PyObject *, Py_ssize_t, PyObject *);
PyObject *PyDict_New(void);
Py_ssize_t PyDict_Size(PyObject *);
int PyDict_SetItem(PyObject *, PyObject *, PyObject *);
PyObject *PyDict_GetItemWithError(PyObject *, PyObject *);
int PyDict_Next(PyObject *, Py_ssize_t *, PyObject **, PyObject **);
int PySequence_Check(PyObject *);
Py_ssize_t PySequence_Size(PyObject *);
PyObject *PySequence_GetItem(PyObject *, Py_ssize_t);
int PyObject_GetBuffer(PyObject *, Py_buffer *, int);
void PyBuffer_Release(Py_buffer *);
int PyBuffer_FillInfo(Py_buffer *, PyObject *, void *, Py_ssize_t, int, int);
int PyBuffer_IsContiguous(const Py_buffer *, char);
PyObject *PyObject_CallObject(PyObject *, PyObject *);
PyObject *PyObject_GetAttr(PyObject *, PyObject *);
PyObject *PyObject_GetAttrString(PyObject *, const char *);
void *PyMem_Malloc(size_t);
void PyMem_Free(void *);
int PySys_AuditTuple(const char *, PyObject *);

/* Helpers in Rust that the API does not have (modsupport.rs). */
typedef struct krait_text krait_text;
PyObject *krait_tuple_of(PyObject *const *, Py_ssize_t);
int krait_needs_release(PyObject *);
void krait_type_name(PyObject *, int is_type, char *, size_t);
krait_text *krait_text_new(void);
void krait_text_push(krait_text *, const char *, Py_ssize_t, Py_ssize_t width, int left);
void krait_text_push_code(krait_text *, uint32_t);
void krait_text_push_object(krait_text *, PyObject *, int how, Py_ssize_t width, Py_ssize_t precision, int left);
PyObject *krait_text_finish(krait_text *);
int krait_warn(PyObject *category, const char *message, Py_ssize_t level, PyObject *source);
void krait_write_unraisable(PyObject *message, PyObject *object);
void krait_write_std(int is_error, PyObject *text);

/* Of build.c: the value of a format, as Py_BuildValue makes it. */
PyObject *krait_build_value(const char *format, va_list va);

/* Of format.c. */
PyObject *PyUnicode_FromFormatV(const char *format, va_list va);

/* A conversion of a format, whose percent sign was passed. */
struct krait_spec {
    char flags[8];
    int left, width, precision;
    char size[3];
    char unit;
};

static inline int has_flag(PyObject *object, unsigned long flag) {
    return (PyType_GetFlags(Py_TYPE(object)) & flag) != 0;
}

#endif
