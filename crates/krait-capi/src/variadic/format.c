/* Formatted text: PyUnicode_FromFormat, PyBytes_FromFormat. */

#include "variadic.h"

/* Reads a conversion, whose percent sign was passed; null at the end of the format. */
static const char *read_spec(const char *format, struct krait_spec *spec, va_list *ap) {
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
static void print_integer(const struct krait_spec *spec, va_list *ap, char *text, size_t size) {
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
static void pad_digits(const struct krait_spec *spec, char *text, size_t room) {
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
static int format_one(krait_text *text, const struct krait_spec *spec, va_list *ap) {
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
        struct krait_spec spec;
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
            struct krait_spec spec;
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
