/* The variadic functions of the C API, which stable Rust cannot define: they walk their arguments
 * and do all else by calling functions of the API that are written in Rust.
 *
 * CPython's headers are not needed to build this file: it declares what it uses. */

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
void krait_write_unraisable(PyObject *message, PyObject *object);
void krait_write_std(int is_error, PyObject *text);

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

/* Parsing arguments. */

enum { MESSAGE = 512, MAX_DEPTH = 30 };

/* What must be undone when a later argument is wrong. */
struct undo {
    enum { UNDO_MEMORY, UNDO_VIEW, UNDO_CONVERTER } kind;
    void *target;
    int (*converter)(PyObject *, void *);
};

struct parse {
    char message[MESSAGE];
    int levels[MAX_DEPTH + 2];
    struct undo *undo;
    int undo_count, undo_room;
};

static int has_flag(PyObject *object, unsigned long flag) {
    return (PyType_GetFlags(Py_TYPE(object)) & flag) != 0;
}

static int note_undo(struct parse *parse, int kind, void *target, int (*converter)(PyObject *, void *)) {
    if (parse->undo_count == parse->undo_room) {
        int room = parse->undo_room ? parse->undo_room * 2 : 8;
        struct undo *more = realloc(parse->undo, sizeof(struct undo) * (size_t)room);
        if (!more) {
            PyErr_NoMemory();
            return -1;
        }
        parse->undo = more;
        parse->undo_room = room;
    }
    struct undo *entry = &parse->undo[parse->undo_count++];
    entry->kind = kind;
    entry->target = target;
    entry->converter = converter;
    return 0;
}

/* Ends a parse: 1 if it went well, else what was given so far is taken back. */
static int finish_parse(struct parse *parse, int ok) {
    for (int i = 0; !ok && i < parse->undo_count; i++) {
        struct undo *entry = &parse->undo[i];
        switch (entry->kind) {
        case UNDO_MEMORY:
            PyMem_Free(*(void **)entry->target);
            *(void **)entry->target = NULL;
            break;
        case UNDO_VIEW:
            PyBuffer_Release(entry->target);
            break;
        case UNDO_CONVERTER:
            entry->converter(NULL, entry->target);
            break;
        }
    }
    free(parse->undo);
    return ok;
}

static const char *fail(struct parse *parse, const char *text) {
    snprintf(parse->message, MESSAGE, "%s", text);
    return parse->message;
}

static const char *must_be(struct parse *parse, const char *expected, PyObject *arg) {
    char name[200] = "None";
    if (arg != _Py_NoneStruct)
        krait_type_name(arg, 0, name, sizeof name);
    snprintf(parse->message, MESSAGE, "must be %.100s, not %.150s", expected, name);
    return parse->message;
}

/* An exception is set, which says more than any message. */
static const char *raised(struct parse *parse) { return fail(parse, "(unspecified)"); }

static const char *take_buffer(struct parse *parse, PyObject *arg, Py_buffer *view, int flags) {
    if (PyObject_GetBuffer(arg, view, flags) != 0)
        return raised(parse);
    if (!PyBuffer_IsContiguous(view, 'C')) {
        PyBuffer_Release(view);
        return must_be(parse, "contiguous buffer", arg);
    }
    return NULL;
}

/* Borrows read-only bytes: the exporter needs no release. */
static const char *borrow_bytes(struct parse *parse, PyObject *arg, const char **data, Py_ssize_t *size) {
    Py_buffer view;
    if (has_flag(arg, BYTES_SUBCLASS)) {
        *data = PyBytes_AsString(arg);
        *size = PyBytes_Size(arg);
        return NULL;
    }
    if (krait_needs_release(arg))
        return must_be(parse, "read-only bytes-like object", arg);
    const char *wrong = take_buffer(parse, arg, &view, BUF_SIMPLE);
    if (wrong)
        return wrong;
    *data = view.buf;
    *size = view.len;
    PyBuffer_Release(&view);
    return NULL;
}

/* es, et: encodes a string into memory that the caller frees, or into a buffer of the caller's. */
static const char *convert_encoded(struct parse *parse, PyObject *arg, const char **format, va_list *ap) {
    const char *encoding = va_arg(*ap, const char *);
    int takes_bytes = **format == 't';
    ++*format;
    char **target = va_arg(*ap, char **);
    Py_ssize_t *size = NULL;
    if (**format == '#') {
        ++*format;
        size = va_arg(*ap, Py_ssize_t *);
    }
    PyObject *bytes;
    if (takes_bytes && has_flag(arg, BYTES_SUBCLASS)) {
        Py_IncRef(arg);
        bytes = arg;
    } else if (takes_bytes && PyType_IsSubtype(Py_TYPE(arg), PyByteArray_Type)) {
        bytes = PyBytes_FromStringAndSize(PyByteArray_AsString(arg), PyByteArray_Size(arg));
    } else if (has_flag(arg, UNICODE_SUBCLASS)) {
        bytes = PyUnicode_AsEncodedString(arg, encoding, NULL);
    } else {
        return must_be(parse, takes_bytes ? "str, bytes or bytearray" : "str", arg);
    }
    if (!bytes)
        return raised(parse);
    Py_ssize_t length = PyBytes_Size(bytes);
    const char *wrong = NULL;
    if (!size && (size_t)length != strlen(PyBytes_AsString(bytes))) {
        wrong = must_be(parse, "encoded string without null bytes", arg);
    } else if (size && *target) {
        if (length + 1 > *size) {
            char text[100];
            snprintf(text, sizeof text, "encoded string too long (%zd, maximum length %zd)", length, *size - 1);
            PyErr_SetString(PyExc_ValueError, text);
            wrong = raised(parse);
        } else {
            memcpy(*target, PyBytes_AsString(bytes), (size_t)length + 1);
            *size = length;
        }
    } else {
        *target = PyMem_Malloc((size_t)length + 1);
        if (!*target) {
            PyErr_NoMemory();
            wrong = raised(parse);
        } else if (note_undo(parse, UNDO_MEMORY, target, NULL) != 0) {
            PyMem_Free(*target);
            wrong = raised(parse);
        } else {
            memcpy(*target, PyBytes_AsString(bytes), (size_t)length + 1);
            if (size)
                *size = length;
        }
    }
    Py_DecRef(bytes);
    return wrong;
}

/* s, z, y and their # and * forms. */
static const char *convert_text(struct parse *parse, PyObject *arg, char unit, const char **format, va_list *ap) {
    int none = unit == 'z' && arg == _Py_NoneStruct;
    int is_str = unit != 'y' && has_flag(arg, UNICODE_SUBCLASS);
    const char *data = NULL, *wrong = NULL;
    Py_ssize_t length = 0;
    if (**format == '*') {
        ++*format;
        Py_buffer *view = va_arg(*ap, Py_buffer *);
        if (none) {
            memset(view, 0, sizeof *view);
            PyBuffer_FillInfo(view, NULL, NULL, 0, 1, 0);
        } else if (is_str) {
            if (!(data = PyUnicode_AsUTF8AndSize(arg, &length)))
                return raised(parse);
            PyBuffer_FillInfo(view, arg, (void *)data, length, 1, 0);
        } else if ((wrong = take_buffer(parse, arg, view, BUF_SIMPLE))) {
            return wrong;
        }
        return note_undo(parse, UNDO_VIEW, view, NULL) ? raised(parse) : NULL;
    }
    const char **target = va_arg(*ap, const char **);
    if (**format == '#') {
        ++*format;
        Py_ssize_t *size = va_arg(*ap, Py_ssize_t *);
        if (is_str) {
            if (!(data = PyUnicode_AsUTF8AndSize(arg, &length)))
                return raised(parse);
        } else if (!none && (wrong = borrow_bytes(parse, arg, &data, &length))) {
            return wrong;
        }
        *target = data;
        *size = length;
        return NULL;
    }
    if (unit == 'y') {
        if ((wrong = borrow_bytes(parse, arg, &data, &length)))
            return wrong;
    } else if (is_str) {
        if (!(data = PyUnicode_AsUTF8AndSize(arg, &length)))
            return raised(parse);
    } else if (!none) {
        return must_be(parse, unit == 'z' ? "str or None" : "str", arg);
    }
    if (data && strlen(data) != (size_t)length) {
        PyErr_SetString(PyExc_ValueError, unit == 'y' ? "embedded null byte" : "embedded null character");
        return raised(parse);
    }
    *target = data;
    return NULL;
}

static const char *convert_integer(struct parse *parse, PyObject *arg, char unit, va_list *ap) {
    long value;
    switch (unit) {
    case 'b': case 'h': case 'i': {
        void *target = va_arg(*ap, void *);
        value = PyLong_AsLong(arg);
        if (value == -1 && PyErr_Occurred())
            return raised(parse);
        long low = unit == 'b' ? 0 : unit == 'h' ? SHRT_MIN : INT_MIN;
        long high = unit == 'b' ? UCHAR_MAX : unit == 'h' ? SHRT_MAX : INT_MAX;
        const char *name = unit == 'b' ? "unsigned byte integer" : unit == 'h' ? "signed short integer" : "signed integer";
        if (value < low || value > high) {
            char text[100];
            snprintf(text, sizeof text, "%s is %s than %s", name, value < low ? "less" : "greater", value < low ? "minimum" : "maximum");
            PyErr_SetString(PyExc_OverflowError, text);
            return raised(parse);
        }
        if (unit == 'b')
            *(unsigned char *)target = (unsigned char)value;
        else if (unit == 'h')
            *(short *)target = (short)value;
        else
            *(int *)target = (int)value;
        return NULL;
    }
    case 'l': {
        long *target = va_arg(*ap, long *);
        value = PyLong_AsLong(arg);
        if (value == -1 && PyErr_Occurred())
            return raised(parse);
        *target = value;
        return NULL;
    }
    case 'L': {
        long long *target = va_arg(*ap, long long *);
        long long wide = PyLong_AsLongLong(arg);
        if (wide == -1 && PyErr_Occurred())
            return raised(parse);
        *target = wide;
        return NULL;
    }
    case 'n': {
        Py_ssize_t *target = va_arg(*ap, Py_ssize_t *);
        PyObject *index = PyNumber_Index(arg);
        Py_ssize_t size = index ? PyLong_AsSsize_t(index) : -1;
        Py_DecRef(index);
        if (size == -1 && PyErr_Occurred())
            return raised(parse);
        *target = size;
        return NULL;
    }
    default: {
        void *target = va_arg(*ap, void *);
        unsigned long long bits = PyLong_AsUnsignedLongLongMask(arg);
        if (bits == (unsigned long long)-1 && PyErr_Occurred())
            return raised(parse);
        switch (unit) {
        case 'B': *(unsigned char *)target = (unsigned char)bits; break;
        case 'H': *(unsigned short *)target = (unsigned short)bits; break;
        case 'I': *(unsigned int *)target = (unsigned int)bits; break;
        case 'k': *(unsigned long *)target = (unsigned long)bits; break;
        default: *(unsigned long long *)target = bits; break;
        }
        return NULL;
    }
    }
}

static const char *convert_object(struct parse *parse, PyObject *arg, const char **format, va_list *ap) {
    if (**format == '!') {
        ++*format;
        PyObject *type = va_arg(*ap, PyObject *);
        PyObject **target = va_arg(*ap, PyObject **);
        if (!PyType_IsSubtype(Py_TYPE(arg), type)) {
            char name[150];
            krait_type_name(type, 1, name, sizeof name);
            return must_be(parse, name, arg);
        }
        *target = arg;
        return NULL;
    }
    if (**format == '&') {
        ++*format;
        int (*converter)(PyObject *, void *) = va_arg(*ap, int (*)(PyObject *, void *));
        void *target = va_arg(*ap, void *);
        int status = converter(arg, target);
        if (status == 0)
            return raised(parse);
        if (status == 0x20000 && note_undo(parse, UNDO_CONVERTER, target, converter) != 0)
            return raised(parse);
        return NULL;
    }
    *va_arg(*ap, PyObject **) = arg;
    return NULL;
}

/* Converts one argument by the unit at *format, which is moved past it; null, or what is wrong. */
static const char *convert_one(struct parse *parse, PyObject *arg, const char **format, va_list *ap) {
    char unit = *(*format)++;
    switch (unit) {
    case 's': case 'z': case 'y':
        return convert_text(parse, arg, unit, format, ap);
    case 'e':
        if (**format != 's' && **format != 't')
            return fail(parse, "(unknown parser marker combination)");
        return convert_encoded(parse, arg, format, ap);
    case 'b': case 'B': case 'h': case 'H': case 'i': case 'I': case 'l': case 'k': case 'L': case 'K': case 'n':
        return convert_integer(parse, arg, unit, ap);
    case 'f': case 'd': {
        void *target = va_arg(*ap, void *);
        double value = PyFloat_AsDouble(arg);
        if (value == -1.0 && PyErr_Occurred())
            return raised(parse);
        if (unit == 'f')
            *(float *)target = (float)value;
        else
            *(double *)target = value;
        return NULL;
    }
    case 'D': {
        Py_complex *target = va_arg(*ap, Py_complex *);
        Py_complex value = PyComplex_AsCComplex(arg);
        if (PyErr_Occurred())
            return raised(parse);
        *target = value;
        return NULL;
    }
    case 'c': {
        char *target = va_arg(*ap, char *);
        int is_bytes = has_flag(arg, BYTES_SUBCLASS);
        int is_array = !is_bytes && PyType_IsSubtype(Py_TYPE(arg), PyByteArray_Type);
        Py_ssize_t size = is_bytes ? PyBytes_Size(arg) : is_array ? PyByteArray_Size(arg) : -1;
        if (size == 1) {
            *target = *(is_bytes ? PyBytes_AsString(arg) : PyByteArray_AsString(arg));
            return NULL;
        }
        if (size >= 0) {
            snprintf(parse->message, MESSAGE, "must be a byte string of length 1, not a %s object of length %zd", is_bytes ? "bytes" : "bytearray", size);
            return parse->message;
        }
        return must_be(parse, "a byte string of length 1", arg);
    }
    case 'C': {
        int *target = va_arg(*ap, int *);
        if (!has_flag(arg, UNICODE_SUBCLASS))
            return must_be(parse, "a unicode character", arg);
        Py_ssize_t size = PyUnicode_GetLength(arg);
        if (size != 1) {
            snprintf(parse->message, MESSAGE, "must be a unicode character, not a string of length %zd", size);
            return parse->message;
        }
        *target = (int)PyUnicode_ReadChar(arg, 0);
        return NULL;
    }
    case 'p': {
        int *target = va_arg(*ap, int *);
        int truth = PyObject_IsTrue(arg);
        if (truth < 0)
            return raised(parse);
        *target = truth > 0;
        return NULL;
    }
    case 'S': case 'U': case 'Y': {
        PyObject **target = va_arg(*ap, PyObject **);
        int fits = unit == 'S' ? has_flag(arg, BYTES_SUBCLASS)
                 : unit == 'U' ? has_flag(arg, UNICODE_SUBCLASS)
                               : PyType_IsSubtype(Py_TYPE(arg), PyByteArray_Type);
        if (!fits)
            return must_be(parse, unit == 'S' ? "bytes" : unit == 'U' ? "str" : "bytearray", arg);
        *target = arg;
        return NULL;
    }
    case 'O':
        return convert_object(parse, arg, format, ap);
    case 'w': {
        if (**format != '*')
            return fail(parse, "(invalid use of 'w' format character)");
        ++*format;
        Py_buffer *view = va_arg(*ap, Py_buffer *);
        if (PyObject_GetBuffer(arg, view, BUF_WRITABLE) != 0) {
            PyErr_Clear();
            return must_be(parse, "read-write bytes-like object", arg);
        }
        if (!PyBuffer_IsContiguous(view, 'C')) {
            PyBuffer_Release(view);
            return must_be(parse, "contiguous buffer", arg);
        }
        return note_undo(parse, UNDO_VIEW, view, NULL) ? raised(parse) : NULL;
    }
    default:
        return fail(parse, "(impossible<bad format char>)");
    }
}

static const char *convert_item(struct parse *parse, PyObject *arg, const char **format, va_list *ap, int depth);

/* A parenthesised group: the argument is a tuple (or another sequence, when nothing is borrowed of its items). */
static const char *convert_group(struct parse *parse, PyObject *arg, const char **format, va_list *ap, int depth) {
    /* How many units the group has. */
    int count = 0, level = 0;
    for (const char *each = *format;; each++) {
        if (*each == '(') {
            if (level++ == 0)
                count++;
        } else if (*each == ')') {
            if (level-- == 0)
                break;
        } else if (*each == '\0' || *each == ':' || *each == ';') {
            return fail(parse, "(missing ')' in format)");
        } else if (level == 0 && ((*each >= 'a' && *each <= 'z') || (*each >= 'A' && *each <= 'Z'))) {
            if (*each != 'e')
                count++;
            else if (each[1] == 's' || each[1] == 't')
                count++, each++;
        }
    }
    parse->levels[depth] = 0;
    if (!PySequence_Check(arg) || has_flag(arg, BYTES_SUBCLASS | UNICODE_SUBCLASS)) {
        char expected[60];
        snprintf(expected, sizeof expected, "%d-item tuple", count);
        return must_be(parse, expected, arg);
    }
    if (!has_flag(arg, TUPLE_SUBCLASS)) {
        char name[50], text[150];
        krait_type_name(arg, 0, name, sizeof name);
        snprintf(text, sizeof text, "argument must be %d-item tuple, not %s", count, name);
        if (PyErr_WarnEx(PyExc_DeprecationWarning, text, 1) < 0)
            return raised(parse);
    }
    Py_ssize_t size = PySequence_Size(arg);
    if (size != count) {
        if (size < 0)
            return raised(parse);
        snprintf(parse->message, MESSAGE, "must be %s of length %d, not %zd", has_flag(arg, TUPLE_SUBCLASS) ? "tuple" : "sequence", count, size);
        return parse->message;
    }
    for (int i = 0; i < count; i++) {
        PyObject *item = PySequence_GetItem(arg, i);
        if (!item) {
            parse->levels[depth] = i + 1;
            return raised(parse);
        }
        const char *wrong = convert_item(parse, item, format, ap, depth + 1);
        /* The sequence holds the item. */
        Py_DecRef(item);
        if (wrong) {
            parse->levels[depth] = i + 1;
            return wrong;
        }
    }
    return NULL;
}

static const char *convert_item(struct parse *parse, PyObject *arg, const char **format, va_list *ap, int depth) {
    if (**format != '(') {
        const char *wrong = convert_one(parse, arg, format, ap);
        if (wrong)
            parse->levels[depth] = 0;
        return wrong;
    }
    if (depth >= MAX_DEPTH)
        return fail(parse, "(too many tuple nesting levels in argument format string)");
    ++*format;
    const char *wrong = convert_group(parse, arg, format, ap, depth);
    if (!wrong)
        ++*format;
    return wrong;
}

/* Raises what is wrong with an argument. */
static void raise_wrong(struct parse *parse, int index, const char *wrong, const char *function, const char *message) {
    if (PyErr_Occurred())
        return;
    char text[MESSAGE + 400];
    if (!message) {
        size_t used = 0;
        if (function)
            used += (size_t)snprintf(text, sizeof text, "%.200s() ", function);
        used += (size_t)snprintf(text + used, sizeof text - used, index ? "argument %d" : "argument", index);
        for (int i = 0; index && i < MAX_DEPTH && parse->levels[i] > 0 && used < 220; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, ", item %d", parse->levels[i] - 1);
        snprintf(text + used, sizeof text - used, " %.256s", wrong);
        message = text;
    }
    PyErr_SetString(wrong[0] == '(' ? PyExc_SystemError : PyExc_TypeError, message);
}

/* What a format says besides its units. */
struct shape {
    int min, max, positional;
    const char *function, *message;
};

/* Moves past one unit, groups included. */
static const char *skip_unit(const char *format) {
    if (*format == '(') {
        int level = 0;
        for (; *format; format++) {
            if (*format == '(')
                level++;
            else if (*format == ')' && --level == 0)
                return format + 1;
        }
        return format;
    }
    if (*format == 'e')
        format++;
    if (*format)
        format++;
    while (*format == '#' || *format == '*' || *format == '!' || *format == '&')
        format++;
    return format;
}

static struct shape shape_of(const char *format) {
    struct shape shape = {-1, 0, -1, NULL, NULL};
    while (*format && *format != ':' && *format != ';') {
        if (*format == '|') {
            shape.min = shape.max;
            format++;
        } else if (*format == '$') {
            shape.positional = shape.max;
            format++;
        } else {
            format = skip_unit(format);
            shape.max++;
        }
    }
    if (*format == ':')
        shape.function = format + 1;
    else if (*format == ';')
        shape.message = format + 1;
    if (shape.min < 0)
        shape.min = shape.max;
    if (shape.positional < 0)
        shape.positional = shape.max;
    return shape;
}

static int parse_positional(PyObject *args, const char *format, va_list *ap) {
    struct parse parse = {0};
    struct shape shape = shape_of(format);
    if (!has_flag(args, TUPLE_SUBCLASS)) {
        PyErr_SetString(PyExc_SystemError, "new style getargs format but argument is not a tuple");
        return 0;
    }
    Py_ssize_t count = PyTuple_Size(args);
    if (count < shape.min || count > shape.max) {
        char text[400];
        int limit = count < shape.min ? shape.min : shape.max;
        if (shape.max == 0)
            snprintf(text, sizeof text, "%.150s%s takes no arguments", shape.function ? shape.function : "function", shape.function ? "()" : "");
        else
            snprintf(text, sizeof text, "%.150s%s takes %s %d argument%s (%zd given)", shape.function ? shape.function : "function",
                     shape.function ? "()" : "", shape.min == shape.max ? "exactly" : count < shape.min ? "at least" : "at most", limit,
                     limit == 1 ? "" : "s", count);
        PyErr_SetString(PyExc_TypeError, shape.message ? shape.message : text);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        if (*format == '|')
            format++;
        const char *wrong = convert_item(&parse, PyTuple_GetItem(args, i), &format, ap, 0);
        if (wrong) {
            raise_wrong(&parse, i + 1, wrong, shape.function, shape.message);
            return finish_parse(&parse, 0);
        }
    }
    return finish_parse(&parse, 1);
}

API int PyArg_VaParse(PyObject *args, const char *format, va_list va) {
    va_list ap;
    va_copy(ap, va);
    int ok = parse_positional(args, format, &ap);
    va_end(ap);
    return ok;
}

API int PyArg_ParseTuple(PyObject *args, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    int ok = parse_positional(args, format, &ap);
    va_end(ap);
    return ok;
}

/* One object by one unit, without a tuple around it. */
API int PyArg_Parse(PyObject *arg, const char *format, ...) {
    struct parse parse = {0};
    struct shape shape = shape_of(format);
    if (shape.max == 0) {
        if (!arg)
            return 1;
        PyErr_SetString(PyExc_TypeError, "function takes no arguments");
        return 0;
    }
    if (!arg) {
        PyErr_SetString(PyExc_TypeError, "function takes at least one argument");
        return 0;
    }
    va_list ap;
    va_start(ap, format);
    const char *wrong = convert_item(&parse, arg, &format, &ap, 0);
    va_end(ap);
    if (wrong)
        raise_wrong(&parse, 0, wrong, shape.function, shape.message);
    return finish_parse(&parse, !wrong);
}

/* Consumes the variables of a unit whose argument is missing. */
static void skip_variables(const char **format, va_list *ap) {
    const char *end = skip_unit(*format);
    for (const char *each = *format; each < end; each++) {
        switch (*each) {
        case '(': case ')':
            break;
        case 'e':
            (void)va_arg(*ap, const char *);
            break;
        case 't':
            (void)va_arg(*ap, void *);
            break;
        case '*':
            break;
        default:
            /* "O!" and "O&" have two variables, and so have the forms with '#'. */
            (void)va_arg(*ap, void *);
            break;
        }
    }
    *format = end;
}

static void no_such_keyword(PyObject *kwargs, const char *const *names, int skip, const char *function) {
    Py_ssize_t position = 0;
    PyObject *key, *value;
    while (PyDict_Next(kwargs, &position, &key, &value)) {
        if (!has_flag(key, UNICODE_SUBCLASS)) {
            PyErr_SetString(PyExc_TypeError, "keywords must be strings");
            return;
        }
        int known = 0;
        for (int i = skip; names[i] && !known; i++)
            known = PyUnicode_CompareWithASCIIString(key, names[i]) == 0;
        if (!known) {
            const char *text = PyUnicode_AsUTF8AndSize(key, NULL);
            if (!text) {
                PyErr_Clear();
                text = "?";
            }
            char message[500];
            snprintf(message, sizeof message, "%.200s%s got an unexpected keyword argument '%.200s'", function ? function : "this function", function ? "()" : "", text);
            PyErr_SetString(PyExc_TypeError, message);
            return;
        }
    }
}

static int parse_keywords(PyObject *args, PyObject *kwargs, const char *format, const char *const *names, va_list *ap) {
    struct parse parse = {0};
    struct shape shape = shape_of(format);
    const char *function = shape.function, *dots = function ? "()" : "";
    const char *shown = function ? function : "function";
    char text[500];
    if (!has_flag(args, TUPLE_SUBCLASS) || (kwargs && !has_flag(kwargs, DICT_SUBCLASS)) || !names) {
        PyErr_SetString(PyExc_SystemError, "bad argument to internal function");
        return 0;
    }
    int unnamed = 0, count = 0;
    while (names[unnamed] && !*names[unnamed])
        unnamed++;
    for (count = unnamed; names[count];)
        count++;
    if (count != shape.max) {
        PyErr_SetString(PyExc_SystemError, count < shape.max ? "more argument specifiers than keyword list entries" : "more keyword list entries than argument specifiers");
        return 0;
    }
    Py_ssize_t given = PyTuple_Size(args), named = kwargs ? PyDict_Size(kwargs) : 0;
    if (given + named > count) {
        snprintf(text, sizeof text, "%.200s%s takes at most %d %sargument%s (%zd given)", shown, dots, count,
                 given == 0 ? "keyword " : "", count == 1 ? "" : "s", given + named);
        PyErr_SetString(PyExc_TypeError, text);
        return 0;
    }
    if (given > shape.positional) {
        if (shape.positional == 0)
            snprintf(text, sizeof text, "%.200s%s takes no positional arguments", shown, dots);
        else
            snprintf(text, sizeof text, "%.200s%s takes %s %d positional argument%s (%zd given)", shown, dots, shape.min < INT_MAX && shape.min == shape.positional ? "exactly" : "at most",
                     shape.positional, shape.positional == 1 ? "" : "s", given);
        PyErr_SetString(PyExc_TypeError, text);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        while (*format == '|' || *format == '$')
            format++;
        PyObject *arg = NULL;
        if (i < given) {
            arg = PyTuple_GetItem(args, i);
        } else if (named && i >= unnamed) {
            PyObject *key = PyUnicode_FromString(names[i]);
            arg = key ? PyDict_GetItemWithError(kwargs, key) : NULL;
            Py_DecRef(key);
            if (!arg && PyErr_Occurred())
                return finish_parse(&parse, 0);
            if (arg)
                named--;
        }
        if (arg) {
            const char *wrong = convert_item(&parse, arg, &format, ap, 0);
            if (wrong) {
                raise_wrong(&parse, i + 1, wrong, function, shape.message);
                return finish_parse(&parse, 0);
            }
            continue;
        }
        if (i < shape.min) {
            if (i < unnamed) {
                int least = unnamed < shape.min ? unnamed : shape.min;
                snprintf(text, sizeof text, "%.200s%s takes %s %d positional argument%s (%zd given)", shown, dots, least < shape.positional ? "at least" : "exactly", least, least == 1 ? "" : "s", given);
            } else {
                snprintf(text, sizeof text, "%.200s%s missing required argument '%s' (pos %d)", shown, dots, names[i], i + 1);
            }
            PyErr_SetString(PyExc_TypeError, text);
            return finish_parse(&parse, 0);
        }
        skip_variables(&format, ap);
    }
    if (named > 0) {
        /* Either a name that there is not, or one whose argument was given by position, too. */
        for (int i = unnamed; i < given; i++) {
            PyObject *key = PyUnicode_FromString(names[i]);
            PyObject *twice = key ? PyDict_GetItemWithError(kwargs, key) : NULL;
            Py_DecRef(key);
            if (twice) {
                snprintf(text, sizeof text, "argument for %.200s%s given by name ('%s') and position (%d)", shown, dots, names[i], i + 1);
                PyErr_SetString(PyExc_TypeError, text);
                return finish_parse(&parse, 0);
            }
            if (PyErr_Occurred())
                return finish_parse(&parse, 0);
        }
        no_such_keyword(kwargs, names, unnamed, function);
        return finish_parse(&parse, 0);
    }
    return finish_parse(&parse, 1);
}

API int PyArg_VaParseTupleAndKeywords(PyObject *args, PyObject *kwargs, const char *format, const char *const *names, va_list va) {
    va_list ap;
    va_copy(ap, va);
    int ok = parse_keywords(args, kwargs, format, names, &ap);
    va_end(ap);
    return ok;
}

API int PyArg_ParseTupleAndKeywords(PyObject *args, PyObject *kwargs, const char *format, const char *const *names, ...) {
    va_list ap;
    va_start(ap, names);
    int ok = parse_keywords(args, kwargs, format, names, &ap);
    va_end(ap);
    return ok;
}

API int PyArg_UnpackTuple(PyObject *args, const char *name, Py_ssize_t min, Py_ssize_t max, ...) {
    if (!has_flag(args, TUPLE_SUBCLASS)) {
        PyErr_SetString(PyExc_SystemError, "PyArg_UnpackTuple() argument list is not a tuple");
        return 0;
    }
    Py_ssize_t count = PyTuple_Size(args);
    if (count < min || count > max) {
        char text[400];
        Py_ssize_t limit = count < min ? min : max;
        snprintf(text, sizeof text, "%.200s expected %s%zd argument%s, got %zd", name ? name : "unpacked tuple should have", min == max ? "" : count < min ? "at least " : "at most ", limit,
                 limit == 1 ? "" : "s", count);
        PyErr_SetString(PyExc_TypeError, text);
        return 0;
    }
    va_list ap;
    va_start(ap, max);
    for (Py_ssize_t i = 0; i < count; i++)
        *va_arg(ap, PyObject **) = PyTuple_GetItem(args, i);
    va_end(ap);
    return 1;
}

/* Building values. */

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

static PyObject *build_value(const char *format, va_list va) {
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

API PyObject *Py_VaBuildValue(const char *format, va_list va) { return build_value(format, va); }

API PyObject *Py_BuildValue(const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    PyObject *made = build_value(format, ap);
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
    PyObject *args = build_value(format, va);
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

/* Formatted text. */

struct spec {
    char flags[8];
    int left, width, precision;
    char size[3];
    char unit;
};

/* Reads a conversion, whose percent sign was passed; null at the end of the format. */
static const char *read_spec(const char *format, struct spec *spec, va_list *ap) {
    memset(spec, 0, sizeof *spec);
    spec->width = spec->precision = -1;
    size_t flags = 0;
    while (*format && strchr("-#0", *format)) {
        if (*format == '-')
            spec->left = 1;
        if (flags < sizeof spec->flags - 1)
            spec->flags[flags++] = *format;
        format++;
    }
    for (int part = 0; part < 2; part++) {
        int *number = part ? &spec->precision : &spec->width;
        if (part) {
            if (*format != '.')
                break;
            format++;
            *number = 0;
        }
        if (*format == '*') {
            *number = va_arg(*ap, int);
            if (!part && *number < 0) {
                spec->left = 1;
                *number = -*number;
            }
            format++;
        } else if (*format >= '0' && *format <= '9') {
            long value = 0;
            for (; *format >= '0' && *format <= '9'; format++)
                value = value > 100000000 ? value : value * 10 + (*format - '0');
            *number = (int)value;
        }
    }
    size_t size = 0;
    while (*format && strchr("lzjt", *format) && size < sizeof spec->size - 1)
        spec->size[size++] = *format++;
    spec->unit = *format;
    return *format ? format + 1 : NULL;
}

/* An integer as digits, as C prints it. */
static void print_integer(const struct spec *spec, va_list *ap, char *text, size_t size) {
    char form[24];
    int is_signed = spec->unit == 'd' || spec->unit == 'i';
    const char *s = spec->size;
    int wide = !strcmp(s, "ll") || !strcmp(s, "j");
    snprintf(form, sizeof form, "%%%s%s", spec->precision >= 0 ? ".*" : "", "");
    size_t used = strlen(form);
    form[used++] = 'j';
    form[used++] = is_signed ? 'd' : spec->unit;
    form[used] = '\0';
    if (is_signed) {
        intmax_t value = wide ? va_arg(*ap, long long) : !strcmp(s, "l") ? va_arg(*ap, long) : *s ? va_arg(*ap, Py_ssize_t) : va_arg(*ap, int);
        if (spec->precision >= 0)
            snprintf(text, size, form, spec->precision, value);
        else
            snprintf(text, size, form, value);
    } else {
        uintmax_t value = wide ? va_arg(*ap, unsigned long long) : !strcmp(s, "l") ? va_arg(*ap, unsigned long) : *s ? va_arg(*ap, size_t) : va_arg(*ap, unsigned int);
        if (spec->precision >= 0)
            snprintf(text, size, form, spec->precision, value);
        else
            snprintf(text, size, form, value);
    }
}

/* Digits with the zeros in front that a width with the flag 0 asks for. */
static void pad_digits(const struct spec *spec, char *text, size_t room) {
    size_t length = strlen(text);
    if (spec->left || !strchr(spec->flags, '0') || spec->width < 0)
        return;
    size_t width = (size_t)spec->width < room - 1 ? (size_t)spec->width : room - 1;
    if (length >= width)
        return;
    size_t sign = text[0] == '-';
    memmove(text + sign + (width - length), text + sign, length - sign + 1);
    memset(text + sign, '0', width - length);
}

static size_t bounded_length(const char *text, int precision) {
    if (precision < 0)
        return strlen(text);
    const char *end = memchr(text, '\0', (size_t)precision);
    return end ? (size_t)(end - text) : (size_t)precision;
}

/* One conversion of PyUnicode_FromFormat; 0 if there is none such. */
static int format_one(krait_text *text, const struct spec *spec, va_list *ap) {
    char digits[700];
    switch (spec->unit) {
    case '%':
        krait_text_push_code(text, '%');
        return 1;
    case 'c':
        krait_text_push_code(text, (uint32_t)va_arg(*ap, int));
        return 1;
    case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
        print_integer(spec, ap, digits, sizeof digits);
        pad_digits(spec, digits, sizeof digits);
        krait_text_push(text, digits, (Py_ssize_t)strlen(digits), spec->width, spec->left);
        return 1;
    case 'p': {
        snprintf(digits, sizeof digits, "%p", va_arg(*ap, void *));
        if (strncmp(digits, "0x", 2) != 0)
            snprintf(digits, sizeof digits, "0x0");
        krait_text_push(text, digits, (Py_ssize_t)strlen(digits), spec->width, spec->left);
        return 1;
    }
    case 's': {
        if (spec->size[0] == 'l') {
            PyObject *wide = PyUnicode_FromWideChar(va_arg(*ap, const wchar_t *), -1);
            krait_text_push_object(text, wide, 'U', spec->width, spec->precision, spec->left);
            Py_DecRef(wide);
            return 1;
        }
        const char *bytes = va_arg(*ap, const char *);
        krait_text_push(text, bytes, (Py_ssize_t)bounded_length(bytes, spec->precision), spec->width, spec->left);
        return 1;
    }
    case 'V': {
        PyObject *object = va_arg(*ap, PyObject *);
        const char *bytes = va_arg(*ap, const char *);
        if (object)
            krait_text_push_object(text, object, 'U', spec->width, spec->precision, spec->left);
        else
            krait_text_push(text, bytes, (Py_ssize_t)bounded_length(bytes, spec->precision), spec->width, spec->left);
        return 1;
    }
    case 'U': case 'S': case 'R': case 'A':
        krait_text_push_object(text, va_arg(*ap, PyObject *), spec->unit, spec->width, spec->precision, spec->left);
        return 1;
    case 'T': case 'N': {
        /* The '#' forms put a colon between module and name. */
        int colon = strchr(spec->flags, '#') != NULL;
        int how = spec->unit == 'T' ? (colon ? 't' : 'T') : (colon ? 'n' : 'N');
        krait_text_push_object(text, va_arg(*ap, PyObject *), how, spec->width, spec->precision, spec->left);
        return 1;
    }
    default:
        return 0;
    }
}

API PyObject *PyUnicode_FromFormatV(const char *format, va_list va) {
    krait_text *text = krait_text_new();
    va_list ap;
    va_copy(ap, va);
    while (*format) {
        const char *percent = strchr(format, '%');
        size_t plain = percent ? (size_t)(percent - format) : strlen(format);
        if (plain)
            krait_text_push(text, format, (Py_ssize_t)plain, -1, 0);
        if (!percent)
            break;
        struct spec spec;
        const char *next = read_spec(percent + 1, &spec, &ap);
        if (!next || !format_one(text, &spec, &ap)) {
            va_end(ap);
            Py_DecRef(krait_text_finish(text));
            if (!PyErr_Occurred()) {
                char message[200];
                snprintf(message, sizeof message, "invalid format string: %.100s", percent);
                PyErr_SetString(PyExc_SystemError, message);
            }
            return NULL;
        }
        format = next;
    }
    va_end(ap);
    return krait_text_finish(text);
}

API PyObject *PyUnicode_FromFormat(const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    PyObject *text = PyUnicode_FromFormatV(format, ap);
    va_end(ap);
    return text;
}

/* Bytes: the conversions that make no objects into text. */
API PyObject *PyBytes_FromFormatV(const char *format, va_list va) {
    size_t used = 0, room = 256;
    char *out = malloc(room), piece[700];
    va_list ap;
    va_copy(ap, va);
    while (out && *format) {
        const char *data = format;
        size_t length = strcspn(format, "%");
        if (length) {
            format += length;
        } else {
            struct spec spec;
            const char *next = read_spec(format + 1, &spec, &ap);
            int known = next != NULL;
            data = piece;
            switch (spec.unit) {
            case '%':
                length = (size_t)snprintf(piece, sizeof piece, "%%");
                break;
            case 'c':
                piece[0] = (char)va_arg(ap, int);
                length = 1;
                break;
            case 'd': case 'i': case 'u': case 'x':
                print_integer(&spec, &ap, piece, sizeof piece);
                length = strlen(piece);
                break;
            case 'p':
                length = (size_t)snprintf(piece, sizeof piece, "%p", va_arg(ap, void *));
                break;
            case 's':
                data = va_arg(ap, const char *);
                length = bounded_length(data, spec.precision);
                break;
            default:
                known = 0;
            }
            if (!known) {
                /* What is no conversion is copied as it is, to the end. */
                data = format;
                length = strlen(format);
                next = format + length;
            }
            format = next;
        }
        if (used + length + 1 > room) {
            room = (used + length + 1) * 2;
            char *more = realloc(out, room);
            if (!more) {
                free(out);
                out = NULL;
                break;
            }
            out = more;
        }
        memcpy(out + used, data, length);
        used += length;
    }
    va_end(ap);
    if (!out)
        return PyErr_NoMemory();
    PyObject *bytes = PyBytes_FromStringAndSize(out, (Py_ssize_t)used);
    free(out);
    return bytes;
}

API PyObject *PyBytes_FromFormat(const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    PyObject *bytes = PyBytes_FromFormatV(format, ap);
    va_end(ap);
    return bytes;
}

API int PyUnicodeWriter_Format(void *writer, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    PyObject *text = PyUnicode_FromFormatV(format, ap);
    va_end(ap);
    int status = text ? PyUnicodeWriter_WriteStr(writer, text) : -1;
    Py_DecRef(text);
    return status;
}

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

static int warn(PyObject *category, Py_ssize_t level, const char *format, va_list va) {
    PyObject *message = PyUnicode_FromFormatV(format, va);
    const char *text = message ? PyUnicode_AsUTF8AndSize(message, NULL) : NULL;
    int status = text ? PyErr_WarnEx(category, text, level) : -1;
    Py_DecRef(message);
    return status;
}

API int PyErr_WarnFormat(PyObject *category, Py_ssize_t level, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    int status = warn(category, level, format, ap);
    va_end(ap);
    return status;
}

API int PyErr_ResourceWarning(PyObject *source, Py_ssize_t level, const char *format, ...) {
    (void)source;
    va_list ap;
    va_start(ap, format);
    int status = warn(PyExc_ResourceWarning, level, format, ap);
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
        args = build_value(format, ap);
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

/* The names that extensions built for PY_SSIZE_T_CLEAN before 3.13 use. */
API __attribute__((alias("PyArg_ParseTuple"))) int _PyArg_ParseTuple_SizeT(PyObject *, const char *, ...);
API __attribute__((alias("PyArg_Parse"))) int _PyArg_Parse_SizeT(PyObject *, const char *, ...);
API __attribute__((alias("PyArg_ParseTupleAndKeywords"))) int _PyArg_ParseTupleAndKeywords_SizeT(PyObject *, PyObject *, const char *, const char *const *, ...);
API __attribute__((alias("Py_BuildValue"))) PyObject *_Py_BuildValue_SizeT(const char *, ...);
API __attribute__((alias("PyObject_CallFunction"))) PyObject *_PyObject_CallFunction_SizeT(PyObject *, const char *, ...);
API __attribute__((alias("PyObject_CallMethod"))) PyObject *_PyObject_CallMethod_SizeT(PyObject *, const char *, const char *, ...);
