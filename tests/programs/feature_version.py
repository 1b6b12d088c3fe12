"""`ast.parse(feature_version=…)`: syntax that a later version brought is refused by name."""
import ast

CASES = [
    (5, "async def f(): pass"), (5, "a @ b"), (5, "a @= b"), (5, "await x"),
    (5, "async def f():\n  async with a: pass"),
    (6, "async def f():\n  return [x async for x in y]"), (6, "x = 1_0"), (6, "0x_f"), (6, "x: int = 3"),
    (8, "(y := 1)"), (8, "print(x := 1)"), (8, "def f(a, /): pass"), (8, "lambda a, /: a"),
    (10, "match x:\n  case 1: pass"), (11, "try: pass\nexcept* E: pass"),
    (12, "def f[T](): pass"), (12, "class A[T]: pass"), (12, "type X = int"), (13, "def f[T=int](): pass"),
    (14, "try: pass\nexcept A, B: pass"), (14, "try: pass\nexcept* A, B: pass"), (14, "t'a'"),
]
for minor, source in CASES:
    for version in minor - 1, minor:
        try:
            ast.parse(source, feature_version=(3, version))
            print(version, "accepts", repr(source))
        except SyntaxError as error:
            print(version, error.msg, error.lineno)
for version in 4, 8:
    ast.parse("with (a as b, c): f'{x:=5}'\nfor x in *a, b: a[*b]\n@a[1]\ndef f(*, a): return *a, b", feature_version=(3, version))
# Only trees are checked.
compile("(x := 1)", "?", "eval", _feature_version=4)

# Identifiers that are constants, given or in normal form.
for statement in "def x(): pass", "class x: pass", "import x", "import a as x", "from a import x", "try: pass\nexcept A as x: pass":
    tree = ast.parse(statement)
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if value == "x":
                setattr(node, field, "True")
    try:
        compile(tree, "?", "exec")
    except ValueError as error:
        print(error)
for source in b"Tru\xe1\xb5\x89", b"a.N\xc2\xbane", b"def Fal\xc5\xbfe(): pass":
    try:
        ast.parse(source)
    except ValueError as error:
        print(error)

# What a copy keeps.
node = ast.parse("x").body[0].value
node.extra = 1
print(sorted(vars(node.__replace__(id="y"))))
del ast.AST._fields
try:
    ast.AST()
except AttributeError as error:
    print(error)
