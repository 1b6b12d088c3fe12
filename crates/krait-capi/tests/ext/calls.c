/* Arguments, results, errors, buffers, capsules, threads. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

static int to_even(PyObject *object, void *target) {
    long value = PyLong_AsLong(object);
    if (value == -1 && PyErr_Occurred())
        return 0;
    if (value % 2) {
        PyErr_Format(PyExc_ValueError, "%ld is odd", value);
        return 0;
    }
    *(long *)target = value;
    return 1;
}

/* Parses by a format that the caller names: one function, many formats. */
static PyObject *parse(PyObject *self, PyObject *args) {
    (void)self;
    const char *format;
    PyObject *rest;
    if (!PyArg_ParseTuple(args, "sO!:parse", &format, &PyTuple_Type, &rest))
        return NULL;
#define FORMAT(text) (strcmp(format, text) == 0)
    if (FORMAT("ii:f") || FORMAT("i|i:f") || FORMAT("|ii:f") || FORMAT("ii") || FORMAT("ii;two ints please")) {
        int a = -1, b = -1;
        return PyArg_ParseTuple(rest, format, &a, &b) ? Py_BuildValue("ii", a, b) : NULL;
    }
    if (FORMAT("s") || FORMAT("z") || FORMAT("y")) {
        const char *text = NULL;
        return PyArg_ParseTuple(rest, format, &text) ? Py_BuildValue(format[0] == 'y' ? "y" : "z", text) : NULL;
    }
    if (FORMAT("s#") || FORMAT("z#") || FORMAT("y#")) {
        const char *text = NULL;
        Py_ssize_t size = 0;
        return PyArg_ParseTuple(rest, format, &text, &size) ? Py_BuildValue("y#n", text, size, size) : NULL;
    }
    if (FORMAT("s*") || FORMAT("z*") || FORMAT("y*") || FORMAT("w*")) {
        Py_buffer view;
        if (!PyArg_ParseTuple(rest, format, &view))
            return NULL;
        PyObject *result = Py_BuildValue("y#i", view.buf, view.len, view.readonly);
        PyBuffer_Release(&view);
        return result;
    }
    if (FORMAT("b") || FORMAT("B")) {
        unsigned char value = 0;
        return PyArg_ParseTuple(rest, format, &value) ? Py_BuildValue("i", (int)value) : NULL;
    }
    if (FORMAT("h") || FORMAT("H")) {
        short value = 0;
        return PyArg_ParseTuple(rest, format, &value) ? Py_BuildValue(format[0] == 'h' ? "h" : "H", value) : NULL;
    }
    if (FORMAT("I")) {
        unsigned int value = 0;
        return PyArg_ParseTuple(rest, format, &value) ? Py_BuildValue("I", value) : NULL;
    }
    if (FORMAT("l") || FORMAT("k") || FORMAT("n")) {
        long value = 0;
        return PyArg_ParseTuple(rest, format, &value) ? Py_BuildValue(format, value) : NULL;
    }
    if (FORMAT("L") || FORMAT("K")) {
        long long value = 0;
        return PyArg_ParseTuple(rest, format, &value) ? Py_BuildValue(format, value) : NULL;
    }
    if (FORMAT("d")) {
        double value = 0;
        return PyArg_ParseTuple(rest, format, &value) ? Py_BuildValue("d", value) : NULL;
    }
    if (FORMAT("f")) {
        float value = 0;
        return PyArg_ParseTuple(rest, format, &value) ? Py_BuildValue("f", value) : NULL;
    }
    if (FORMAT("D")) {
        Py_complex value;
        return PyArg_ParseTuple(rest, format, &value) ? Py_BuildValue("D", &value) : NULL;
    }
    if (FORMAT("c")) {
        char value = 0;
        return PyArg_ParseTuple(rest, format, &value) ? Py_BuildValue("c", value) : NULL;
    }
    if (FORMAT("C") || FORMAT("p")) {
        int value = 0;
        return PyArg_ParseTuple(rest, format, &value) ? Py_BuildValue(format[0] == 'C' ? "C" : "i", value) : NULL;
    }
    if (FORMAT("S") || FORMAT("U") || FORMAT("Y") || FORMAT("O")) {
        PyObject *value = NULL;
        return PyArg_ParseTuple(rest, format, &value) ? Py_BuildValue("O", value) : NULL;
    }
    if (FORMAT("O!")) {
        PyObject *value = NULL;
        return PyArg_ParseTuple(rest, format, &PyDict_Type, &value) ? Py_NewRef(value) : NULL;
    }
    if (FORMAT("O&")) {
        long value = 0;
        return PyArg_ParseTuple(rest, format, to_even, &value) ? Py_BuildValue("l", value) : NULL;
    }
    if (FORMAT("i(s(ii))") || FORMAT("i(s(ii)):g")) {
        int a, b, c;
        const char *text;
        return PyArg_ParseTuple(rest, format, &a, &text, &b, &c) ? Py_BuildValue("i[s{s:i,s:i}]", a, text, "b", b, "c", c) : NULL;
    }
    if (FORMAT("es") || FORMAT("et")) {
        char *text = NULL;
        if (!PyArg_ParseTuple(rest, format, "utf-16-le", &text))
            return NULL;
        PyObject *result = PyBytes_FromString(text);
        PyMem_Free(text);
        return result;
    }
    if (FORMAT("es#")) {
        char *text = NULL;
        Py_ssize_t size = 0;
        if (!PyArg_ParseTuple(rest, format, "utf-16-le", &text, &size))
            return NULL;
        PyObject *result = PyBytes_FromStringAndSize(text, size);
        PyMem_Free(text);
        return result;
    }
    return PyErr_Format(PyExc_KeyError, "no such format: %s", format);
}

static PyObject *keywords(PyObject *self, PyObject *args, PyObject *kwargs) {
    (void)self;
    static char *names[] = {"", "first", "second", "third", NULL};
    int a = -1, b = -1, d = -1;
    const char *c = "none";
    Py_ssize_t size = 4;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "i|is#$i:keywords", names, &a, &b, &c, &size, &d))
        return NULL;
    return Py_BuildValue("(iis#i)", a, b, c, size, d);
}

static PyObject *required(PyObject *self, PyObject *args, PyObject *kwargs) {
    (void)self;
    static char *names[] = {"a", "b", NULL};
    PyObject *a, *b;
    return PyArg_ParseTupleAndKeywords(args, kwargs, "OO", names, &a, &b) ? PyTuple_Pack(2, a, b) : NULL;
}

static PyObject *unpack(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *a = Py_None, *b = Py_None;
    return PyArg_UnpackTuple(args, "unpack", 1, 2, &a, &b) ? PyTuple_Pack(2, a, b) : NULL;
}

static PyObject *build(PyObject *self, PyObject *args) {
    (void)self, (void)args;
    Py_complex number = {1, -1};
    return Py_BuildValue("(ibhlLnkKIHdfscCyzy#s#u#OND(){s:i,s:[ii]}p)", -1, 2, 3, -4L, -5LL, (Py_ssize_t)6, 7UL, 8ULL, 9U, 10, 1.5, 2.5f, "text", 'c', 0x20ac, "bytes", NULL, "a\0b", (Py_ssize_t)3,
                         "cd", (Py_ssize_t)1, L"w\u00e9x", (Py_ssize_t)2, Py_Ellipsis, PyLong_FromLong(11), &number, "k", 1, "l", 2, 3, 1);
}

static PyObject *formats(PyObject *self, PyObject *object) {
    (void)self;
    return PyUnicode_FromFormat("%d|%5d|%-5d|%05d|%u|%ld|%lu|%zd|%zu|%lld|%x|%X|%o|%c|%s|%.2s|%5s|%-5s|%%|%U|%S|%R|%A|%V|%T|%N|%.3R|%10S", -1, 42, 42, -42, 3000000000U, -4L, 5UL, (Py_ssize_t)-6,
                                (size_t)7, -8LL, 255, 255, 8, 0xe9, "t\xc3\xa9xt", "abcdef", "ab", "ab", PyUnicode_CheckExact(object) ? object : PyUnicode_FromString("u"), object, object, object, NULL,
                                "other", object, (PyObject *)Py_TYPE(object), object, object);
}

/* Formats that there are not. */
static PyObject *bad_format(PyObject *self, PyObject *which) {
    (void)self;
    switch (PyLong_AsLong(which)) {
    case 0:
        return PyUnicode_FromFormat("a%+d", 1);
    case 1:
        return PyUnicode_FromFormat("a%#x", 1);
    case 2:
        return PyUnicode_FromFormat("a%q", 1);
    case 3:
        return PyUnicode_FromFormat("a%");
    default:
        return PyUnicode_FromFormat("%c", 0x110000);
    }
}

static PyObject *raising(PyObject *self, PyObject *what) {
    (void)self;
    long which = PyLong_AsLong(what);
    switch (which) {
    case 0:
        PyErr_SetString(PyExc_ValueError, "a message");
        return NULL;
    case 1:
        PyErr_SetObject(PyExc_KeyError, what);
        return NULL;
    case 2:
        PyErr_SetNone(PyExc_StopIteration);
        return NULL;
    case 3:
        return PyErr_NoMemory();
    case 4:
        errno = ENOENT;
        return PyErr_SetFromErrnoWithFilename(PyExc_OSError, "a/file");
    case 5:
        PyErr_BadInternalCall();
        return NULL;
    case 6:
        PyErr_SetString(PyExc_TypeError, "first");
        PyErr_Format(PyExc_ValueError, "second %R", what);
        return NULL;
    case 7: /* Restored from its parts. */
    {
        PyObject *type, *value, *traceback;
        PyErr_SetString(PyExc_IndexError, "fetched");
        PyErr_Fetch(&type, &value, &traceback);
        PyErr_NormalizeException(&type, &value, &traceback);
        PyObject *text = PyObject_Str(value);
        PyErr_Restore(type, value, traceback);
        Py_XDECREF(text);
        return NULL;
    }
    case 8:
        PyErr_Restore(Py_NewRef(PyExc_LookupError), PyUnicode_FromString("from parts"), NULL);
        return NULL;
    case 9:
        return NULL;
    case 11: /* A cause. */
    {
        PyErr_SetString(PyExc_KeyError, "cause");
        PyObject *cause = PyErr_GetRaisedException();
        PyErr_SetString(PyExc_RuntimeError, "effect");
        PyObject *effect = PyErr_GetRaisedException();
        PyException_SetCause(effect, cause);
        PyErr_SetRaisedException(effect);
        return NULL;
    }
    default:
        return PyErr_Format(PyExc_LookupError, "nothing for %ld", which);
    }
}

/* Calls and says how it went. */
static PyObject *catching(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *callable;
    if (!PyArg_ParseTuple(args, "O", &callable))
        return NULL;
    PyObject *result = PyObject_CallNoArgs(callable);
    if (result)
        return Py_BuildValue("sN", "result", result);
    if (PyErr_ExceptionMatches(PyExc_LookupError)) {
        PyObject *error = PyErr_GetRaisedException();
        return Py_BuildValue("sN", "lookup", error);
    }
    PyObject *both = PyTuple_Pack(2, PyExc_ValueError, PyExc_TypeError);
    int matches = PyErr_ExceptionMatches(both);
    Py_DECREF(both);
    if (!matches)
        return NULL;
    PyErr_Clear();
    Py_RETURN_NONE;
}

static PyObject *call_all(PyObject *self, PyObject *callable) {
    (void)self;
    PyObject *one = PyLong_FromLong(1), *two = PyUnicode_FromString("two");
    PyObject *stack[] = {NULL, one, two};
    PyObject *names = Py_BuildValue("(s)", "key"), *dict = Py_BuildValue("{s:O}", "key", two), *tuple = PyTuple_Pack(1, one);
    PyObject *results = Py_BuildValue("[NNNNNNNNN]", PyObject_CallNoArgs(callable), PyObject_CallOneArg(callable, one), PyObject_CallFunction(callable, "is", 3, "four"),
                                      PyObject_CallFunction(callable, NULL), PyObject_CallFunction(callable, "(ii)", 5, 6), PyObject_CallFunctionObjArgs(callable, one, two, NULL),
                                      PyObject_Vectorcall(callable, stack + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, names), PyObject_Call(callable, tuple, dict), PyObject_CallObject(callable, tuple));
    Py_DECREF(one), Py_DECREF(two), Py_DECREF(names), Py_DECREF(dict), Py_DECREF(tuple);
    return results;
}

static PyObject *call_methods(PyObject *self, PyObject *list) {
    (void)self;
    PyObject *name = PyUnicode_FromString("append"), *item = PyUnicode_FromString("third");
    PyObject *results = Py_BuildValue("[NNN]", PyObject_CallMethod(list, "append", "s", "first"), PyObject_CallMethod(list, "insert", "is", 0, "zeroth"), PyObject_CallMethodObjArgs(list, name, item, NULL));
    Py_DECREF(name), Py_DECREF(item);
    return results;
}

/* Holds the buffer of an object while it calls. */
static PyObject *holding(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *object, *callable;
    Py_buffer view;
    if (!PyArg_ParseTuple(args, "OO", &object, &callable) || PyObject_GetBuffer(object, &view, PyBUF_WRITABLE | PyBUF_FORMAT | PyBUF_ND) < 0)
        return NULL;
    PyObject *called = PyObject_CallNoArgs(callable);
    if (!called) {
        PyBuffer_Release(&view);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < view.len; i++)
        ((char *)view.buf)[i]++;
    PyObject *result = Py_BuildValue("Nnisn", called, view.len, view.readonly, view.format, view.shape[0]);
    PyBuffer_Release(&view);
    return result;
}

static PyObject *views(PyObject *self, PyObject *object) {
    (void)self;
    static char memory[] = "static";
    return Py_BuildValue("NN", PyMemoryView_FromObject(object), PyMemoryView_FromMemory(memory, 6, PyBUF_READ));
}

static void destroy(PyObject *capsule) { *(int *)PyCapsule_GetPointer(capsule, "calls.number") += 100; }
static int number = 5;

static PyObject *capsules(PyObject *self, PyObject *args) {
    (void)self, (void)args;
    PyObject *capsule = PyCapsule_New(&number, "calls.number", destroy);
    PyObject *text = PyUnicode_FromFormat("%d %d %d", *(int *)PyCapsule_GetPointer(capsule, "calls.number"), PyCapsule_IsValid(capsule, "other"), PyCapsule_IsValid(capsule, "calls.number"));
    void *wrong = PyCapsule_GetPointer(capsule, "other");
    PyObject *error = PyErr_GetRaisedException();
    Py_DECREF(capsule);
    void *imported = PyCapsule_Import("calls.CAPSULE", 0);
    return Py_BuildValue("NiNii", text, wrong != NULL, error, number, imported == &number);
}

static PyObject *threads(PyObject *self, PyObject *callable) {
    (void)self;
    PyObject *result;
    Py_BEGIN_ALLOW_THREADS
    PyGILState_STATE state = PyGILState_Ensure();
    PyGILState_STATE inner = PyGILState_Ensure();
    result = PyObject_CallNoArgs(callable);
    PyGILState_Release(inner);
    PyGILState_Release(state);
    Py_END_ALLOW_THREADS
    return result ? Py_BuildValue("Ni", result, PyGILState_Check()) : NULL;
}

static PyObject *numbers(PyObject *self, PyObject *object) {
    (void)self;
    int overflow;
    long low = PyLong_AsLongAndOverflow(object, &overflow);
    if (low == -1 && PyErr_Occurred())
        return NULL;
    unsigned long mask = PyLong_AsUnsignedLongMask(object);
    unsigned char bytes[12];
    Py_ssize_t needed = PyLong_AsNativeBytes(object, bytes, sizeof bytes, Py_ASNATIVEBYTES_BIG_ENDIAN);
    PyObject *back = PyLong_FromNativeBytes(bytes, sizeof bytes, Py_ASNATIVEBYTES_BIG_ENDIAN);
    return Py_BuildValue("liky#nN", low, overflow, mask, bytes, (Py_ssize_t)sizeof bytes, needed, back);
}

static PyObject *operators(PyObject *self, PyObject *args) {
    (void)self;
    PyObject *a, *b;
    if (!PyArg_ParseTuple(args, "OO", &a, &b))
        return NULL;
    PyObject *sum = PyNumber_Add(a, b);
    if (!sum)
        return NULL;
    return Py_BuildValue("NNNNNNiin", sum, PyNumber_Multiply(a, b), PyNumber_Power(a, b, Py_None), PyNumber_TrueDivide(a, b), PyNumber_Negative(a), PyObject_RichCompare(a, b, Py_LT),
                         PyObject_RichCompareBool(a, b, Py_EQ), PyObject_IsTrue(a), PyObject_Hash(a) == PyObject_Hash(b) ? (Py_ssize_t)1 : (Py_ssize_t)0);
}

static PyObject *iterate(PyObject *self, PyObject *object) {
    (void)self;
    PyObject *iterator = PyObject_GetIter(object), *item;
    if (!iterator)
        return NULL;
    PyObject *list = PyList_New(0);
    while ((item = PyIter_Next(iterator))) {
        PyList_Append(list, item);
        Py_DECREF(item);
    }
    Py_DECREF(iterator);
    if (PyErr_Occurred())
        Py_CLEAR(list);
    return list;
}

static PyObject *attributes(PyObject *self, PyObject *object) {
    (void)self;
    PyObject *found = NULL, *number = PyLong_FromLong(9);
    int missing = PyObject_GetOptionalAttrString(object, "missing", &found);
    int set = PyObject_SetAttrString(object, "added", number);
    Py_DECREF(number);
    if (set < 0)
        return NULL;
    PyObject *added = PyObject_GetAttrString(object, "added");
    return Py_BuildValue("iOiNi", missing, found ? found : Py_None, set, added, PyObject_HasAttrString(object, "added"));
}

static PyObject *warn(PyObject *self, PyObject *text) {
    (void)self;
    if (PyErr_WarnFormat(PyExc_UserWarning, 1, "warned of %S", text) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *import_and_eval(PyObject *self, PyObject *source) {
    (void)self;
    PyObject *module = PyImport_ImportModule("math");
    if (!module)
        return NULL;
    PyObject *globals = PyDict_Copy(PyModule_GetDict(module));
    PyObject *result = PyRun_String(PyUnicode_AsUTF8(source), Py_eval_input, globals, globals);
    Py_DECREF(globals);
    Py_DECREF(module);
    return result;
}

static PyMethodDef methods[] = {
    {"parse", parse, METH_VARARGS, NULL},
    {"keywords", (PyCFunction)(void (*)(void))keywords, METH_VARARGS | METH_KEYWORDS, NULL},
    {"required", (PyCFunction)(void (*)(void))required, METH_VARARGS | METH_KEYWORDS, NULL},
    {"unpack", unpack, METH_VARARGS, NULL},
    {"build", build, METH_NOARGS, NULL},
    {"formats", formats, METH_O, NULL},
    {"bad_format", bad_format, METH_O, NULL},
    {"raising", raising, METH_O, NULL},
    {"catching", catching, METH_VARARGS, NULL},
    {"call_all", call_all, METH_O, NULL},
    {"call_methods", call_methods, METH_O, NULL},
    {"holding", holding, METH_VARARGS, NULL},
    {"views", views, METH_O, NULL},
    {"capsules", capsules, METH_NOARGS, NULL},
    {"threads", threads, METH_O, NULL},
    {"numbers", numbers, METH_O, NULL},
    {"operators", operators, METH_VARARGS, NULL},
    {"iterate", iterate, METH_O, NULL},
    {"attributes", attributes, METH_O, NULL},
    {"warn", warn, METH_O, NULL},
    {"import_and_eval", import_and_eval, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "calls", NULL, 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_calls(void) {
    PyObject *made = PyModule_Create(&module);
    if (made && PyModule_Add(made, "CAPSULE", PyCapsule_New(&number, "calls.CAPSULE", NULL)) < 0)
        Py_CLEAR(made);
    return made;
}
