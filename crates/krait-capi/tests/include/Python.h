/* A few of the declarations of the C API, written by hand: enough for the test extensions that use no struct
 * but a module's definition and a buffer, so that `cargo test` needs no installed headers. */

#ifndef KRAIT_TEST_PYTHON_H
#define KRAIT_TEST_PYTHON_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

typedef ptrdiff_t Py_ssize_t;
typedef ptrdiff_t Py_hash_t;
typedef uint32_t Py_UCS4;
typedef struct _object PyObject;
typedef struct _typeobject PyTypeObject;
typedef struct _threadstate PyThreadState;
typedef struct { double real, imag; } Py_complex;
typedef enum { PyGILState_LOCKED, PyGILState_UNLOCKED } PyGILState_STATE;
typedef PyObject *(*PyCFunction)(PyObject *, PyObject *);
typedef int (*visitproc)(PyObject *, void *);
typedef int (*traverseproc)(PyObject *, visitproc, void *);
typedef int (*inquiry)(PyObject *);
typedef void (*freefunc)(void *);
typedef void (*PyCapsule_Destructor)(PyObject *);

typedef struct {
    const char *ml_name;
    PyCFunction ml_meth;
    int ml_flags;
    const char *ml_doc;
} PyMethodDef;

struct header {
    Py_ssize_t refcount;
    PyTypeObject *type;
};

typedef struct {
    int slot;
    void *value;
} PyModuleDef_Slot;

typedef struct PyModuleDef {
    struct {
        struct header base;
        PyObject *(*init)(void);
        Py_ssize_t index;
        PyObject *copy;
    } m_base;
    const char *m_name, *m_doc;
    Py_ssize_t m_size;
    PyMethodDef *m_methods;
    PyModuleDef_Slot *m_slots;
    traverseproc m_traverse;
    inquiry m_clear;
    freefunc m_free;
} PyModuleDef;

typedef struct {
    void *buf;
    PyObject *obj;
    Py_ssize_t len, itemsize;
    int readonly, ndim;
    char *format;
    Py_ssize_t *shape, *strides, *suboffsets;
    void *internal;
} Py_buffer;

#define PyMODINIT_FUNC PyObject *
#define PyModuleDef_HEAD_INIT {{1, NULL}, NULL, 0, NULL}
#define PYTHON_API_VERSION 1013

enum { METH_VARARGS = 1, METH_KEYWORDS = 2, METH_NOARGS = 4, METH_O = 8, METH_FASTCALL = 0x80 };
enum { Py_mod_create = 1, Py_mod_exec = 2 };
enum { PyBUF_WRITABLE = 1, PyBUF_FORMAT = 4, PyBUF_ND = 8, PyBUF_READ = 0x100 };
enum { Py_LT, Py_LE, Py_EQ, Py_NE, Py_GT, Py_GE };
enum { Py_single_input = 256, Py_file_input, Py_eval_input };
enum { Py_ASNATIVEBYTES_BIG_ENDIAN = 0 };
#define PY_VECTORCALL_ARGUMENTS_OFFSET ((size_t)1 << (8 * sizeof(size_t) - 1))

extern char _Py_NoneStruct, _Py_EllipsisObject, PyTuple_Type, PyDict_Type, PyUnicode_Type;
#define Py_None ((PyObject *)&_Py_NoneStruct)
#define Py_Ellipsis ((PyObject *)&_Py_EllipsisObject)
extern PyObject *PyExc_ValueError, *PyExc_TypeError, *PyExc_KeyError, *PyExc_LookupError, *PyExc_IndexError, *PyExc_RuntimeError, *PyExc_OSError,
    *PyExc_StopIteration, *PyExc_UserWarning;

void Py_IncRef(PyObject *);
void Py_DecRef(PyObject *);
PyTypeObject *Py_TYPE(PyObject *);
PyObject *Py_NewRef(PyObject *);
#define Py_DECREF(object) Py_DecRef((PyObject *)(object))
#define Py_XDECREF(object) Py_DecRef((PyObject *)(object))
#define Py_CLEAR(variable)                  \
    do {                                    \
        PyObject *old = (PyObject *)variable; \
        variable = NULL;                    \
        Py_DecRef(old);                     \
    } while (0)
#define Py_RETURN_NONE return Py_NewRef(Py_None)
#define PyUnicode_CheckExact(object) (Py_TYPE(object) == (PyTypeObject *)&PyUnicode_Type)

int PyArg_ParseTuple(PyObject *, const char *, ...);
int PyArg_ParseTupleAndKeywords(PyObject *, PyObject *, const char *, char *const *, ...);
int PyArg_UnpackTuple(PyObject *, const char *, Py_ssize_t, Py_ssize_t, ...);
PyObject *Py_BuildValue(const char *, ...);
PyObject *PyTuple_Pack(Py_ssize_t, ...);
PyObject *PyList_New(Py_ssize_t);
int PyList_Append(PyObject *, PyObject *);
PyObject *PyDict_Copy(PyObject *);
PyObject *PyBytes_FromString(const char *);
PyObject *PyBytes_FromStringAndSize(const char *, Py_ssize_t);
PyObject *PyUnicode_FromString(const char *);
PyObject *PyUnicode_FromFormat(const char *, ...);
const char *PyUnicode_AsUTF8(PyObject *);
PyObject *PyLong_FromLong(long);
long PyLong_AsLong(PyObject *);
long PyLong_AsLongAndOverflow(PyObject *, int *);
unsigned long PyLong_AsUnsignedLongMask(PyObject *);
Py_ssize_t PyLong_AsNativeBytes(PyObject *, void *, Py_ssize_t, int);
PyObject *PyLong_FromNativeBytes(const void *, size_t, int);
PyObject *PyErr_Format(PyObject *, const char *, ...);
void PyErr_SetString(PyObject *, const char *);
void PyErr_SetObject(PyObject *, PyObject *);
void PyErr_SetNone(PyObject *);
PyObject *PyErr_NoMemory(void);
PyObject *PyErr_SetFromErrnoWithFilename(PyObject *, const char *);
void _PyErr_BadInternalCall(const char *, int);
#define PyErr_BadInternalCall() _PyErr_BadInternalCall(__FILE__, __LINE__)
void PyErr_Clear(void);
PyObject *PyErr_Occurred(void);
int PyErr_ExceptionMatches(PyObject *);
PyObject *PyErr_GetRaisedException(void);
void PyErr_SetRaisedException(PyObject *);
void PyErr_Fetch(PyObject **, PyObject **, PyObject **);
void PyErr_Restore(PyObject *, PyObject *, PyObject *);
void PyErr_NormalizeException(PyObject **, PyObject **, PyObject **);
void PyException_SetCause(PyObject *, PyObject *);
int PyErr_WarnFormat(PyObject *, Py_ssize_t, const char *, ...);
void *PyMem_Malloc(size_t);
void PyMem_Free(void *);
int PyObject_GetBuffer(PyObject *, Py_buffer *, int);
void PyBuffer_Release(Py_buffer *);
PyObject *PyMemoryView_FromObject(PyObject *);
PyObject *PyMemoryView_FromMemory(char *, Py_ssize_t, int);
PyObject *PyObject_Str(PyObject *);
PyObject *PyObject_Call(PyObject *, PyObject *, PyObject *);
PyObject *PyObject_CallNoArgs(PyObject *);
PyObject *PyObject_CallOneArg(PyObject *, PyObject *);
PyObject *PyObject_CallObject(PyObject *, PyObject *);
PyObject *PyObject_CallFunction(PyObject *, const char *, ...);
PyObject *PyObject_CallFunctionObjArgs(PyObject *, ...);
PyObject *PyObject_CallMethod(PyObject *, const char *, const char *, ...);
PyObject *PyObject_CallMethodObjArgs(PyObject *, PyObject *, ...);
PyObject *PyObject_Vectorcall(PyObject *, PyObject *const *, size_t, PyObject *);
PyObject *PyObject_GetIter(PyObject *);
PyObject *PyIter_Next(PyObject *);
PyObject *PyObject_GetAttrString(PyObject *, const char *);
int PyObject_SetAttrString(PyObject *, const char *, PyObject *);
int PyObject_HasAttrString(PyObject *, const char *);
int PyObject_GetOptionalAttrString(PyObject *, const char *, PyObject **);
PyObject *PyObject_RichCompare(PyObject *, PyObject *, int);
int PyObject_RichCompareBool(PyObject *, PyObject *, int);
int PyObject_IsTrue(PyObject *);
Py_hash_t PyObject_Hash(PyObject *);
PyObject *PyNumber_Add(PyObject *, PyObject *);
PyObject *PyNumber_Multiply(PyObject *, PyObject *);
PyObject *PyNumber_Power(PyObject *, PyObject *, PyObject *);
PyObject *PyNumber_TrueDivide(PyObject *, PyObject *);
PyObject *PyNumber_Negative(PyObject *);
PyObject *PyCapsule_New(void *, const char *, PyCapsule_Destructor);
void *PyCapsule_GetPointer(PyObject *, const char *);
int PyCapsule_IsValid(PyObject *, const char *);
void *PyCapsule_Import(const char *, int);
PyObject *PyModuleDef_Init(PyModuleDef *);
PyObject *PyModule_Create2(PyModuleDef *, int);
#define PyModule_Create(def) PyModule_Create2(def, PYTHON_API_VERSION)
int PyModule_Add(PyObject *, const char *, PyObject *);
PyObject *PyModule_GetDict(PyObject *);
PyObject *PyImport_ImportModule(const char *);
PyObject *PyRun_StringFlags(const char *, int, PyObject *, PyObject *, void *);
#define PyRun_String(source, start, globals, locals) PyRun_StringFlags(source, start, globals, locals, NULL)
Py_ssize_t PyTuple_Size(PyObject *);
PyThreadState *PyEval_SaveThread(void);
void PyEval_RestoreThread(PyThreadState *);
PyGILState_STATE PyGILState_Ensure(void);
void PyGILState_Release(PyGILState_STATE);
int PyGILState_Check(void);
#define Py_BEGIN_ALLOW_THREADS \
    {                          \
        PyThreadState *_save = PyEval_SaveThread();
#define Py_END_ALLOW_THREADS     \
        PyEval_RestoreThread(_save); \
    }

#endif
