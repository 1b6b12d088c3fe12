"""Details of the front end: limits, warnings, hints at misspelt keywords, tokens of odd sources."""
import io
import tokenize
import traceback
import warnings


def nested(depth):
    inner = "i for i in r"
    for _ in range(depth - 1):
        inner = f"[{inner}] for i in r"
    return f"x = [{inner}]"


def show(source):
    try:
        compile(source, "<s>", "exec")
    except SyntaxError as error:
        print(error.args, getattr(error, "_metadata", None) is not None)
        print("".join(traceback.format_exception_only(error)))
    else:
        print("fine")


show(nested(21))
show(nested(22))
show("((c := 1) for a, (*b, c[d+e::f(g)], h.i) in j)")
show("[(c := 1) for a, (*b, c) in j]")
show("from .__future__ import barry_as_FLUFL; 2 != 3")
show("from __future__ import barry_as_FLUFL; 2 != 3")
show("with block ad something:\n  pass")
show("whille True:\n  pass")
show("for a in b:\n  pass\nelso:\n  pass")
show("return")

for source in [r"f'\{{'", r"f'\{x}'", r"f'a\}}b'", r"rf'\{x}'", "'\\\u041f'"]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compile(source, "<s>", "eval")
    print(ascii(source), [str(each.message) for each in caught])

for source in ["x = 1 + \\\r\n1\r\n", "01234", "1a 0x 1__0", "a\n ", "if a:\n  b\n "]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(source, newline="").readline):
            print(tokenize.tok_name[token.type], repr(token.string), token.start, token.end, repr(token.line))
    except tokenize.TokenError as error:
        print(error.args)

function = (lambda: (1.5, "a b", b"c"), lambda: (1.5, "a b", b"c"))
print(function[0].__code__.co_consts is function[1].__code__.co_consts)
