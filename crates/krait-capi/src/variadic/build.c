/* Building values and calling with them: Py_BuildValue, PyObject_CallFunction and their kin. */

#include "variadic.h"

struct build {
    const char *format;
    va_list ap;
    /* After an error the rest is only consumed: references that are given must not be lost. */
    int failed;
};

static PyObject *build_one(struct build *build);

static int count_items(const char *format, char end) {
    int count = 0, level = 0;
    for (; level > 0 || *format != end; format++) {
        switch (*format) {
        case '\0':
            PyErr_SetString(PyExc_SystemError, "unmatched paren in format");
            return -1;
        case '(': case '[': case '{':
            if (level++ == 0)
                count++;
            break;
        case ')': case ']': case '}':
            level--;
            break;
        case '#': case '&': case ',': case ':': case ' ': case '\t':
            break;
        default:
            if (level == 0)
                count++;
        }
    }
    return count;
}

static PyObject *build_group(struct build *build, char end) {
    int count = count_items(build->format, end);
    if (count < 0 || (end == '}' && count % 2)) {
        if (count >= 0)
            PyErr_SetString(PyExc_SystemError, "Bad dict format");
        build->failed = 1;
        return NULL;
    }
    PyObject *group = end == ')' || end == '\0' ? PyTuple_New(count) : end == ']' ? PyList_New(count) : PyDict_New();
    if (!group)
        build->failed = 1;
    for (int i = 0; i < count; i++) {
        PyObject *item = build_one(build);
        if (end == '}') {
            PyObject *value = build_one(build);
            i++;
            if (group && item && value && !build->failed && PyDict_SetItem(group, item, value) != 0)
                build->failed = 1;
            Py_DecRef(item);
            Py_DecRef(value);
        } else if (!group || !item) {
            Py_DecRef(item);
        } else if (end == ']') {
            PyList_SetItem(group, i, item);
        } else {
            PyTuple_SetItem(group, i, item);
        }
    }
    while (*build->format && *build->format != end)
        build->format++;
    if (*build->format)
        build->format++;
    if (build->failed) {
        Py_DecRef(group);
        return NULL;
    }
    return group;
}

/* s, z, U, y, u with their lengths. */
static PyObject *build_text(struct build *build, char unit) {
    const void *data = unit == 'u' ? (const void *)va_arg(build->ap, const wchar_t *) : va_arg(build->ap, const char *);
    Py_ssize_t size = -1;
    if (*build->format == '#') {
        build->format++;
        size = va_arg(build->ap, Py_ssize_t);
    }
    if (!data) {
        Py_IncRef(_Py_NoneStruct);
        return _Py_NoneStruct;
    }
    if (unit == 'u')
        return PyUnicode_FromWideChar(data, size);
    if (size < 0)
        size = (Py_ssize_t)strlen(data);
    return unit == 'y' ? PyBytes_FromStringAndSize(data, size) : PyUnicode_FromStringAndSize(data, size);
}

static PyObject *build_object(struct build *build, char unit) {
    if (*build->format == '&') {
        build->format++;
        PyObject *(*converter)(void *) = va_arg(build->ap, PyObject *(*)(void *));
        void *argument = va_arg(build->ap, void *);
        return build->failed ? NULL : converter(argument);
    }
    PyObject *object = va_arg(build->ap, PyObject *);
    if (!object) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_SystemError, "NULL object passed to Py_BuildValue");
    } else if (unit != 'N') {
        Py_IncRef(object);
    }
    return object;
}

static PyObject *build_unit(struct build *build) {
    char unit = *build->format++;
    switch (unit) {
    case '(':
        return build_group(build, ')');
    case '[':
        return build_group(build, ']');
    case '{':
        return build_group(build, '}');
    case 'b': case 'h': case 'i': case 'B':
        return PyLong_FromLong(va_arg(build->ap, int));
    case 'H':
        return PyLong_FromLong(va_arg(build->ap, int));
    case 'I':
        return PyLong_FromUnsignedLong(va_arg(build->ap, unsigned int));
    case 'l':
        return PyLong_FromLong(va_arg(build->ap, long));
    case 'k':
        return PyLong_FromUnsignedLong(va_arg(build->ap, unsigned long));
    case 'L':
        return PyLong_FromLongLong(va_arg(build->ap, long long));
    case 'K':
        return PyLong_FromUnsignedLongLong(va_arg(build->ap, unsigned long long));
    case 'n':
        return PyLong_FromSsize_t(va_arg(build->ap, Py_ssize_t));
    case 'p':
        return PyBool_FromLong(va_arg(build->ap, int));
    case 'f': case 'd':
        return PyFloat_FromDouble(va_arg(build->ap, double));
    case 'D':
        return PyComplex_FromCComplex(*va_arg(build->ap, Py_complex *));
    case 'c': {
        char byte = (char)va_arg(build->ap, int);
        return PyBytes_FromStringAndSize(&byte, 1);
    }
    case 'C':
        return PyUnicode_FromOrdinal(va_arg(build->ap, int));
    case 's': case 'z': case 'U': case 'y': case 'u':
        return build_text(build, unit);
    case 'O': case 'N': case 'S':
        return build_object(build, unit);
    default:
        PyErr_SetString(PyExc_SystemError, "bad format char passed to Py_BuildValue");
        return NULL;
    }
}

static PyObject *build_one(struct build *build) {
    while (*build->format == ',' || *build->format == ':' || *build->format == ' ' || *build->format == '\t')
        build->format++;
    PyObject *pending = build->failed ? PyErr_GetRaisedException() : NULL;
    PyObject *made = build_unit(build);
    if (!made)
        build->failed = 1;
    if (pending)
        PyErr_SetRaisedException(pending);
    return made;
}

PyObject *krait_build_value(const char *format, va_list va) {
    struct build build = {.format = format};
    int count = count_items(format, '\0');
    if (count < 0)
        return NULL;
    if (count == 0) {
        Py_IncRef(_Py_NoneStruct);
        return _Py_NoneStruct;
    }
    va_copy(build.ap, va);
    PyObject *made = count == 1 ? build_one(&build) : build_group(&build, '\0');
    va_end(build.ap);
    return made;
}

API PyObject *Py_VaBuildValue(const char *format, va_list va) { return krait_build_value(format, va); }

API PyObject *Py_BuildValue(const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    PyObject *made = krait_build_value(format, ap);
    va_end(ap);
    return made;
}

/* Calls. */

static PyObject *call_built(PyObject *callable, const char *format, va_list va) {
    if (!callable) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_SystemError, "null argument to internal routine");
        return NULL;
    }
    int count = format ? count_items(format, '\0') : 0;
    if (count < 0)
        return NULL;
    if (count == 0)
        return PyObject_CallObject(callable, NULL);
    PyObject *args = krait_build_value(format, va);
    if (!args)
        return NULL;
    /* One value that is a tuple is all the arguments. */
    if (count == 1 && !has_flag(args, TUPLE_SUBCLASS)) {
        PyObject *tuple = krait_tuple_of(&args, 1);
        Py_DecRef(args);
        args = tuple;
        if (!args)
            return NULL;
    }
    PyObject *result = PyObject_CallObject(callable, args);
    Py_DecRef(args);
    return result;
}

API PyObject *PyObject_CallFunction(PyObject *callable, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    PyObject *result = call_built(callable, format, ap);
    va_end(ap);
    return result;
}

API PyObject *PyObject_CallMethod(PyObject *object, const char *name, const char *format, ...) {
    PyObject *method = object && name ? PyObject_GetAttrString(object, name) : NULL;
    if (!method && PyErr_Occurred())
        return NULL;
    va_list ap;
    va_start(ap, format);
    PyObject *result = call_built(method, format, ap);
    va_end(ap);
    Py_DecRef(method);
    return result;
}

/* The objects up to a null, as a tuple. */
static PyObject *objects_until_null(va_list va) {
    va_list ap;
    Py_ssize_t count = 0;
    va_copy(ap, va);
    while (va_arg(ap, PyObject *))
        count++;
    va_end(ap);
    PyObject *tuple = PyTuple_New(count);
    if (!tuple)
        return NULL;
    va_copy(ap, va);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = va_arg(ap, PyObject *);
        Py_IncRef(item);
        PyTuple_SetItem(tuple, i, item);
    }
    va_end(ap);
    return tuple;
}

static PyObject *call_objects(PyObject *callable, va_list va) {
    PyObject *args = objects_until_null(va);
    if (!args)
        return NULL;
    PyObject *result = PyObject_CallObject(callable, args);
    Py_DecRef(args);
    return result;
}

API PyObject *PyObject_CallFunctionObjArgs(PyObject *callable, ...) {
    va_list ap;
    va_start(ap, callable);
    PyObject *result = call_objects(callable, ap);
    va_end(ap);
    return result;
}

API PyObject *PyObject_CallMethodObjArgs(PyObject *object, PyObject *name, ...) {
    PyObject *method = PyObject_GetAttr(object, name);
    if (!method)
        return NULL;
    va_list ap;
    va_start(ap, name);
    PyObject *result = call_objects(method, ap);
    va_end(ap);
    Py_DecRef(method);
    return result;
}

API PyObject *PyTuple_Pack(Py_ssize_t count, ...) {
    PyObject *tuple = PyTuple_New(count);
    if (!tuple)
        return NULL;
    va_list ap;
    va_start(ap, count);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = va_arg(ap, PyObject *);
        Py_IncRef(item);
        PyTuple_SetItem(tuple, i, item);
    }
    va_end(ap);
    return tuple;
}

/* The names that extensions built for PY_SSIZE_T_CLEAN before 3.13 use. */
API __attribute__((alias("Py_BuildValue"))) PyObject *_Py_BuildValue_SizeT(const char *, ...);
API __attribute__((alias("PyObject_CallFunction"))) PyObject *_PyObject_CallFunction_SizeT(PyObject *, const char *, ...);
API __attribute__((alias("PyObject_CallMethod"))) PyObject *_PyObject_CallMethod_SizeT(PyObject *, const char *, const char *, ...);
