# Errors of source text: message and position.
for source in ["x = ", "if True print(1)", "def f(:", "a b", "return 5", "for", "x = (1,", "'abc",
               "f(a=1, 2)", "1 = x", "x += = 2", "break", "class C: pass; x = $", "print 'a'",
               "  x = 1", "if 1:\nx", "lambda: (yield)", "f'{'", "def f(a, a): pass", "nonlocal x", "import a.b as"]:
    try:
        compile(source, "<test>", "exec")
        print("fine", repr(source))
    except SyntaxError as error:
        print(type(error).__name__, error.msg, error.lineno, error.offset, error.end_lineno, error.end_offset)
