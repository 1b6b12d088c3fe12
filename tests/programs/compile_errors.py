"""Errors of the compiler: their places are in bytes, and their text comes from the file only."""
def t(src, mode='exec', fn='<s>'):
    try: compile(src, fn, mode); print(ascii(src),'ok')
    except SyntaxError as e: print(ascii(src), type(e).__name__, ascii(e.args))
for s in ['ä = 1; return "ä"', 'def f():\n  ä=1; global ä', 'def f(ä,ä): pass', 'ä; f(ä=1,ä=2)', 'ä: (yield)', 'from __future__ import ä', 'ä; from __future__ import division','async def f():\n  "ä"; return (yield 1), 2\n  yield 3', 'def f():\n "ä"; nonlocal x','"ä"; break','"ä"; [x:=1 for x in y]','class A:\n "ä"; [(x:=1) for y in z]', '"ä"; __debug__ = 1','"ä"; await x', 'ä; *a', 'ä; *a, *b = c', 'ä; [*a, *b] = c','match ä:\n case x: pass\n case y: pass', 'type X[T, T] = 1', 'class A[T]: \n "ä"; x = (yield)', 'ä; del (yield)', 'ä; {**x for x in y}']:
    t(s)
    t(s.encode())


import os
import tempfile
import warnings

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "a.py")
    for data, source in [
        (b'return "a" #' + b'b' * 3000, 'return'),
        (b'# coding: latin-1\nreturn "\xe4"\n', '\nreturn'),
        (b'# coding: fake\nreturn "\xe4"\n', '\nreturn'),
        (b'\rreturn "\xe4"\r', '\nreturn'),
        (b'\xef\xbb\xbfreturn\n', 'return'),
        (b'\n', '\n\nreturn'),
        (b'return 1\n2\n3\n', '\ndef f():\n x=1;global x'),
    ]:
        with open(path, "wb") as file:
            file.write(data)
        try:
            compile(source, path, "exec")
        except SyntaxError as error:
            print(ascii(error.text)[-40:], error.text and len(error.text), error.lineno, error.offset, len(error.args))

for source in [
    r"x = '\d'", "x = (1,\n'''\n\\z''')", r"b'\777'", r"f'{x}\d'", "0x1for x in y", "1if 2else 3", "x is 1",
    "def f():\n try: pass\n finally: return 1", "assert (x, y)", "'a' 'b'()", r"'\d' x y",
    "def f():\n  '\\d'; return y if x else0", "1 is 2; return",
]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            compile(source, "<s>", "exec")
        except SyntaxError as error:
            print(error.args)
        print([(str(each.message), each.lineno) for each in caught])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            compile(source, "<s>", "exec")
        except SyntaxError as error:
            print(ascii(source), error.args)
