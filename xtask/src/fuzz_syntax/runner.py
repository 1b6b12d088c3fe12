"""Compiles the sources of a file of cases and prints, one line a case, what became of each.

The file holds each source after a line with its length in bytes. A line of the output is a list of facts
with tabs between: `code` and a digest for each field, or `error` and the fields of the exception; the
warnings come last. The program that runs this compares the facts of two interpreters.
"""
import hashlib
import sys
import warnings

FIELDS = ("co_name", "co_qualname", "co_firstlineno", "co_flags", "co_argcount", "co_posonlyargcount",
          "co_kwonlyargcount", "co_stacksize", "co_names", "co_varnames", "co_cellvars", "co_freevars",
          "co_code", "co_exceptiontable", "co_linetable")


def value_text(value):
    """A constant with its type, so that 1, 1.0 and True differ, and sets have one order."""
    if isinstance(value, tuple):
        return "(%s)" % ",".join(map(value_text, value))
    if isinstance(value, frozenset):
        return "{%s}" % ",".join(sorted(map(value_text, value)))
    if isinstance(value, type(value_text.__code__)):
        return "code"
    if isinstance(value, int) and value.bit_length() > 10000:
        return hex(value)
    if isinstance(value, slice):
        return "slice%s" % value_text((value.start, value.stop, value.step))
    return type(value).__name__ + ascii(value)


def all_codes(code):
    yield code
    for each in code.co_consts:
        if isinstance(each, type(code)):
            yield from all_codes(each)


def facts_of_code(code):
    codes = list(all_codes(code))
    yield "code"
    for field in FIELDS:
        yield "%s=%s" % (field, digest([ascii(getattr(each, field)) for each in codes]))
    yield "co_consts=" + digest([value_text(each.co_consts) for each in codes])


def facts_of_error(error):
    yield "error"
    yield "class=" + type(error).__name__
    if isinstance(error, SyntaxError):
        yield "message=" + ascii(error.msg)
        yield "start=%s:%s" % (error.lineno, error.offset)
        yield "end=%s:%s" % (error.end_lineno, error.end_offset)
        yield "text=" + ascii(error.text)
        yield "args=%d" % len(error.args)
    else:
        yield "message=" + ascii(str(error))


def digest(texts):
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def facts(source):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = list(facts_of_code(compile(source, "<case>", "exec", dont_inherit=True)))
        except Exception as error:
            found = list(facts_of_error(error))
    said = ["%s:%d:%s" % (each.category.__name__, each.lineno, each.message) for each in caught]
    found.append("warnings=" + ascii("; ".join(said)))
    return "\t".join(found)


def main(path):
    with open(path, "rb") as file:
        while length := file.readline():
            print(facts(file.read(int(length))), flush=True)


main(sys.argv[1])
