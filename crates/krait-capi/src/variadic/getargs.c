/* Parsing arguments: PyArg_ParseTuple and its kin. */

#include "variadic.h"

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

/* The names that extensions built for PY_SSIZE_T_CLEAN before 3.13 use. */
API __attribute__((alias("PyArg_ParseTuple"))) int _PyArg_ParseTuple_SizeT(PyObject *, const char *, ...);
API __attribute__((alias("PyArg_Parse"))) int _PyArg_Parse_SizeT(PyObject *, const char *, ...);
API __attribute__((alias("PyArg_ParseTupleAndKeywords"))) int _PyArg_ParseTupleAndKeywords_SizeT(PyObject *, PyObject *, const char *, const char *const *, ...);
