def equal(got, expected):
    assert got == expected, f"{got!r}, not {expected!r}"

def raises(expected, function, *args, **kwargs):
    try:
        result = function(*args, **kwargs)
    except Exception as error:
        got = f"{type(error).__name__}: {error}"
        assert got == expected, f"{got!r}, not {expected!r}"
    else:
        assert False, f"{expected!r} was not raised but {result!r} given"

# _opcode
effect = _opcode.stack_effect
equal([effect(100), effect(1, 1), effect(44), effect(264, 1), effect(264, jump=True), effect(44, -1)],
      [-1, -2, -1, 1, 1, -1])
raises("ValueError: stack_effect: jump must be False, True or None", effect, 264, jump=1)
for bad in (-1, 300, 129):
    raises("ValueError: invalid opcode or oparg", effect, bad, 0)
equal([_opcode.has_arg(each) for each in (3, 129, 264, 1000)], [False, False, True, False])
equal(_opcode.get_nb_ops()[:2], [("NB_ADD", "+"), ("NB_AND", "&")])
raises("TypeError: expected a code object, not 'int'", _opcode.get_executor, 1, 1)

# _tokenize
def tokens(*lines, **options):
    return list(_tokenize.TokenizerIter(iter(lines).__next__, **{"extra_tokens": True, **options}))
equal(tokens("x=1\n"), [(1, "x", (1, 0), (1, 1), "x=1\n"), (55, "=", (1, 1), (1, 2), "x=1\n"),
                        (2, "1", (1, 2), (1, 3), "x=1\n"), (4, "\n", (1, 3), (1, 4), "x=1\n"),
                        (0, "", (2, 0), (2, 0), "")])
equal(tokens(b"x=\xff\n", encoding="latin-1")[2], (1, "\xff", (1, 2), (1, 3), "x=\xff\n"))
raises("TypeError: readline() returned a non-string object", tokens, b"x\n")
raises("TypeError: readline() returned a non-bytes object", tokens, "x\n", encoding="utf-8")
raises("TypeError: tokenizeriter() missing required argument 'extra_tokens' (pos 2)", _tokenize.TokenizerIter, 1)
try:
    tokens('x="\n')
except SyntaxError as error:
    equal(error.args, ("unterminated string literal (detected at line 1)", ("<string>", 1, 3, 'x="', 1, 3)))
else:
    assert False

# _symtable
top = _symtable.symtable("def f(a,*b):\n  x=1\n  def g(): return x\nclass C: pass\n[i for i in z]", "fn", "exec")
equal((top.name, top.type, top.lineno, top.nested, top.varnames), ("top", 2, 0, 0, []))
equal(top.symbols, {"f": 4098, "C": 4098, "z": 12304, "i": 4626})
f = [child for child in top.children if child.name == "f"][0]
equal((f.type, f.lineno, f.varnames), (0, 1, ["a", "b"]))
raises("ValueError: symtable() arg 3 must be 'exec' or 'eval' or 'single'", _symtable.symtable, "x", "fn", "foo")
raises("TypeError: cannot create 'symtable entry' instances", type(top))
