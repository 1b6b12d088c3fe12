/* Errors, warnings and output with formatted text; what the API has of C itself. */

#include "variadic.h"

/* What the macros of bytearrayobject.h give for no bytes. */
API char _PyByteArray_empty_string[] = "";

/* Which ASCII characters are whitespace, for the macros of unicodeobject.h. */
API const unsigned char _Py_ascii_whitespace[128] = {
    ['\t'] = 1, ['\n'] = 1, ['\v'] = 1, ['\f'] = 1, ['\r'] = 1, [0x1c] = 1, [0x1d] = 1, [0x1e] = 1, [0x1f] = 1, [' '] = 1,
};

/* PyMem_Raw*: needs no lock, so it is C's own memory. */

API void *PyMem_RawMalloc(size_t size) { return malloc(size ? size : 1); }
API void *PyMem_RawCalloc(size_t count, size_t size) { return count && size ? calloc(count, size) : calloc(1, 1); }
API void *PyMem_RawRealloc(void *block, size_t size) { return realloc(block, size ? size : 1); }
API void PyMem_RawFree(void *block) { free(block); }

/* Prints to a C stream. */
API int PyObject_Print(PyObject *object, FILE *stream, int flags) {
    enum { RAW = 1 };
    PyObject *text = flags & RAW ? PyObject_Str(object) : PyObject_Repr(object);
    const char *utf8 = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
    int status = utf8 && fputs(utf8, stream) >= 0 ? 0 : -1;
    Py_DecRef(text);
    return status;
}

/* Errors and warnings with formatted messages. */

API PyObject *PyErr_FormatV(PyObject *exception, const char *format, va_list va) {
    /* The message's making must not see the error that was set before. */
    PyErr_Clear();
    PyObject *message = PyUnicode_FromFormatV(format, va);
    if (message) {
        PyErr_SetObject(exception, message);
        Py_DecRef(message);
    }
    return NULL;
}

API PyObject *PyErr_Format(PyObject *exception, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    PyErr_FormatV(exception, format, ap);
    va_end(ap);
    return NULL;
}

API void PyErr_FormatUnraisable(const char *format, ...) {
    PyObject *pending = PyErr_GetRaisedException(), *message = NULL;
    if (format) {
        va_list ap;
        va_start(ap, format);
        message = PyUnicode_FromFormatV(format, ap);
        va_end(ap);
    }
    PyErr_Clear();
    PyErr_SetRaisedException(pending);
    krait_write_unraisable(message, NULL);
    Py_DecRef(message);
}

static int warn(PyObject *category, PyObject *source, Py_ssize_t level, const char *format, va_list va) {
    PyObject *message = PyUnicode_FromFormatV(format, va);
    const char *text = message ? PyUnicode_AsUTF8AndSize(message, NULL) : NULL;
    int status = text ? krait_warn(category, text, level, source) : -1;
    Py_DecRef(message);
    return status;
}

API int PyErr_WarnFormat(PyObject *category, Py_ssize_t level, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    int status = warn(category, NULL, level, format, ap);
    va_end(ap);
    return status;
}

API int PyErr_ResourceWarning(PyObject *source, Py_ssize_t level, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    int status = warn(PyExc_ResourceWarning, source, level, format, ap);
    va_end(ap);
    return status;
}

/* Output. */

static void write_printed(int is_error, const char *format, va_list va) {
    char text[1001];
    PyObject *pending = PyErr_GetRaisedException();
    int length = vsnprintf(text, sizeof text, format, va);
    PyObject *object = PyUnicode_FromString(text);
    if (object)
        krait_write_std(is_error, object);
    Py_DecRef(object);
    if (length >= (int)sizeof text && (object = PyUnicode_FromString("... truncated"))) {
        krait_write_std(is_error, object);
        Py_DecRef(object);
    }
    PyErr_Clear();
    PyErr_SetRaisedException(pending);
}

static void write_formatted(int is_error, const char *format, va_list va) {
    PyObject *pending = PyErr_GetRaisedException();
    PyObject *object = PyUnicode_FromFormatV(format, va);
    if (object)
        krait_write_std(is_error, object);
    Py_DecRef(object);
    PyErr_Clear();
    PyErr_SetRaisedException(pending);
}

#define WRITER(name, is_error, how)          \
    API void name(const char *format, ...) { \
        va_list ap;                          \
        va_start(ap, format);                \
        how(is_error, format, ap);           \
        va_end(ap);                          \
    }

WRITER(PySys_WriteStdout, 0, write_printed)
WRITER(PySys_WriteStderr, 1, write_printed)
WRITER(PySys_FormatStdout, 0, write_formatted)
WRITER(PySys_FormatStderr, 1, write_formatted)

API int PySys_Audit(const char *event, const char *format, ...) {
    PyObject *args = NULL;
    if (format && *format) {
        va_list ap;
        va_start(ap, format);
        args = krait_build_value(format, ap);
        va_end(ap);
        if (args && !has_flag(args, TUPLE_SUBCLASS)) {
            PyObject *tuple = krait_tuple_of(&args, 1);
            Py_DecRef(args);
            args = tuple;
        }
        if (!args)
            return -1;
    }
    int status = PySys_AuditTuple(event, args);
    Py_DecRef(args);
    return status;
}

API int PyOS_vsnprintf(char *text, size_t size, const char *format, va_list va) {
    int length = vsnprintf(text, size, format, va);
    if (size)
        text[size - 1] = '\0';
    return length;
}

API int PyOS_snprintf(char *text, size_t size, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    int length = PyOS_vsnprintf(text, size, format, ap);
    va_end(ap);
    return length;
}

/* Text and numbers. */

API int PyOS_mystrnicmp(const char *left, const char *right, Py_ssize_t size) {
    for (; size > 0; size--, left++, right++) {
        int a = *(const unsigned char *)left, b = *(const unsigned char *)right;
        a = a >= 'A' && a <= 'Z' ? a + 32 : a;
        b = b >= 'A' && b <= 'Z' ? b + 32 : b;
        if (a != b || !a)
            return a - b;
    }
    return 0;
}

API int PyOS_mystricmp(const char *left, const char *right) { return PyOS_mystrnicmp(left, right, PTRDIFF_MAX); }
API long PyOS_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }
API unsigned long PyOS_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }

API void Py_FatalError(const char *message) {
    fflush(stdout);
    fprintf(stderr, "Fatal Python error: %s\n", message);
    fflush(stderr);
    abort();
}

API void _Py_FatalErrorFunc(const char *function, const char *message) {
    fflush(stdout);
    fprintf(stderr, "Fatal Python error: %s: %s\n", function, message);
    fflush(stderr);
    abort();
}
