/* The macros that reach into structs: what a C program reads and writes without any call. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *list_sum(PyObject *self, PyObject *list) {
    (void)self;
    if (!PyList_CheckExact(list))
        return PyErr_Format(PyExc_TypeError, "list expected, not %.50s", Py_TYPE(list)->tp_name);
    long long sum = 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        PyObject *item = PyList_GET_ITEM(list, i);
        if (!PyLong_CheckExact(item) || !PyUnstable_Long_IsCompact((PyLongObject *)item))
            return PyErr_Format(PyExc_ValueError, "item %zd is no small int", i);
        sum += PyUnstable_Long_CompactValue((PyLongObject *)item);
    }
    return PyLong_FromLongLong(sum);
}

static PyObject *make_tuple(PyObject *self, PyObject *args) {
    (void)self;
    Py_ssize_t size = PyTuple_GET_SIZE(args);
    PyObject *result = PyTuple_New(size);
    if (!result)
        return NULL;
    /* A collection comes across the tuple while all its places are empty. */
    PyGC_Collect();
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *item = PyTuple_GET_ITEM(args, size - 1 - i);
        Py_INCREF(item);
        PyTuple_SET_ITEM(result, i, item);
    }
    return result;
}

static PyObject *make_list(PyObject *self, PyObject *count) {
    (void)self;
    Py_ssize_t size = PyLong_AsSsize_t(count);
    if (size == -1 && PyErr_Occurred())
        return NULL;
    PyObject *list = PyList_New(size);
    if (!list)
        return NULL;
    for (Py_ssize_t i = 0; i < size; i++) {
        /* A collection may come across the list while it has empty places. */
        PyObject *pair = Py_BuildValue("(ns)", i, "x");
        if (!pair) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, i, pair);
        if (i % 100 == 50)
            PyGC_Collect();
    }
    return list;
}

/* The code points of a string as a list, by kind and data. */
static PyObject *code_points(PyObject *self, PyObject *text) {
    (void)self;
    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "str expected");
        return NULL;
    }
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    PyObject *codes = PyList_New(0);
    for (Py_ssize_t i = 0; codes && i < PyUnicode_GET_LENGTH(text); i++) {
        PyObject *code = PyLong_FromUnsignedLong(PyUnicode_READ(kind, data, i));
        if (!code || PyList_Append(codes, code) < 0)
            Py_CLEAR(codes);
        Py_XDECREF(code);
    }
    return codes ? Py_BuildValue("iiN", kind, (int)PyUnicode_IS_ASCII(text), codes) : NULL;
}

static PyObject *shift_text(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *text;
    unsigned int by;
    if (!PyArg_ParseTuple(args, "UI:shift_text", &text, &by))
        return NULL;
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    Py_UCS4 highest = 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 code = PyUnicode_READ_CHAR(text, i) + by;
        highest = code > highest ? code : highest;
    }
    PyObject *result = PyUnicode_New(length, highest);
    if (!result)
        return NULL;
    for (Py_ssize_t i = 0; i < length; i++)
        PyUnicode_WRITE(PyUnicode_KIND(result), PyUnicode_DATA(result), i, PyUnicode_READ_CHAR(text, i) + by);
    return result;
}

static PyObject *float_twice(PyObject *self, PyObject *value) {
    (void)self;
    if (!PyFloat_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "float expected");
        return NULL;
    }
    return PyFloat_FromDouble(2 * PyFloat_AS_DOUBLE(value));
}

static PyObject *bytes_reversed(PyObject *self, PyObject *bytes) {
    (void)self;
    if (!PyBytes_Check(bytes)) {
        PyErr_SetString(PyExc_TypeError, "bytes expected");
        return NULL;
    }
    Py_ssize_t size = PyBytes_GET_SIZE(bytes);
    PyObject *result = PyBytes_FromStringAndSize(NULL, size);
    if (!result)
        return NULL;
    for (Py_ssize_t i = 0; i < size; i++)
        PyBytes_AS_STRING(result)[i] = PyBytes_AS_STRING(bytes)[size - 1 - i];
    return result;
}

static PyObject *header(PyObject *self, PyObject *object) {
    (void)self;
    Py_INCREF(object);
    Py_ssize_t with = Py_REFCNT(object);
    Py_DECREF(object);
    Py_ssize_t without = Py_REFCNT(object);
    return Py_BuildValue("Oin", Py_TYPE(object), (int)(with - without), Py_SIZE(object));
}

static PyObject *dict_pairs(PyObject *self, PyObject *dict) {
    (void)self;
    PyObject *key, *value, *list = PyList_New(0);
    Py_ssize_t position = 0;
    while (list && PyDict_Next(dict, &position, &key, &value)) {
        PyObject *pair = PyTuple_Pack(2, value, key);
        if (!pair || PyList_Append(list, pair) < 0)
            Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

static PyObject *set_size(PyObject *self, PyObject *set) {
    (void)self;
    if (!PyAnySet_Check(set)) {
        PyErr_SetString(PyExc_TypeError, "set expected");
        return NULL;
    }
    return PyLong_FromSsize_t(PySet_GET_SIZE(set));
}

static PyObject *bytearray_fill(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *array;
    int byte;
    if (!PyArg_ParseTuple(args, "Yi", &array, &byte))
        return NULL;
    memset(PyByteArray_AS_STRING(array), byte, (size_t)PyByteArray_GET_SIZE(array));
    Py_RETURN_NONE;
}

static PyObject *complex_parts(PyObject *self, PyObject *value) {
    (void)self;
    if (!PyComplex_Check(value)) {
        PyErr_SetString(PyExc_TypeError, "complex expected");
        return NULL;
    }
    Py_complex parts = ((PyComplexObject *)value)->cval;
    return Py_BuildValue("dd", parts.real, parts.imag);
}

/* A number in front of a text, and where it ends. */
static PyObject *leading_float(PyObject *self, PyObject *text) {
    (void)self;
    const char *chars = PyUnicode_AsUTF8(text);
    char *end;
    if (!chars)
        return NULL;
    double value = PyOS_string_to_double(chars, &end, PyExc_OverflowError);
    if (value == -1.0 && PyErr_Occurred())
        return NULL;
    return Py_BuildValue("dn", value, (Py_ssize_t)(end - chars));
}

static PyMethodDef methods[] = {
    {"leading_float", leading_float, METH_O, NULL},
    {"list_sum", list_sum, METH_O, "list_sum($module, list, /)\n--\n\nThe sum of small ints."},
    {"make_tuple", make_tuple, METH_VARARGS, "The arguments, last first."},
    {"make_list", make_list, METH_O, NULL},
    {"code_points", code_points, METH_O, NULL},
    {"shift_text", shift_text, METH_VARARGS, NULL},
    {"float_twice", float_twice, METH_O, NULL},
    {"bytes_reversed", bytes_reversed, METH_O, NULL},
    {"header", header, METH_O, NULL},
    {"dict_pairs", dict_pairs, METH_O, NULL},
    {"set_size", set_size, METH_O, NULL},
    {"bytearray_fill", bytearray_fill, METH_VARARGS, NULL},
    {"complex_parts", complex_parts, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "layout", "Struct macros.", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_layout(void) { return PyModule_Create(&module); }
