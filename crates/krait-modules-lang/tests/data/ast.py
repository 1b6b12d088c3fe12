ast = _ast

def parse(source, mode="exec"):
    return compile(source, "<test>", mode, 0x400)

def raises(expected, function, *args, **kwargs):
    try:
        result = function(*args, **kwargs)
    except Exception as error:
        got = f"{type(error).__name__}: {error}"
        assert got == expected, f"{got!r}, not {expected!r}"
    else:
        assert False, f"{expected!r} was not raised but {result!r} given"

def equal(got, expected):
    assert got == expected, f"{got!r}, not {expected!r}"

equal(ast.Module.__doc__, "Module(stmt* body, type_ignore* type_ignores)")
equal(ast.mod.__doc__, "mod = Module(stmt* body, type_ignore* type_ignores)\n    | Interactive(stmt* body)\n    | Expression(expr body)\n    | FunctionType(expr* argtypes, expr returns)")
equal(ast.boolop.__doc__, "boolop = And | Or")
equal(ast.excepthandler.__doc__, "excepthandler = ExceptHandler(expr? type, identifier? name, stmt* body)")
equal(ast.arguments.__doc__, "arguments(arg* posonlyargs, arg* args, arg? vararg, arg* kwonlyargs, expr?* kw_defaults, arg? kwarg, expr* defaults)")
equal(ast.AST.__doc__, None)
equal(repr(ast.Dict._field_types), "{'keys': list[ast.expr], 'values': list[ast.expr]}")
equal(repr(ast.Constant._field_types), "{'value': <class 'object'>, 'kind': str | None}")
equal(ast.expr._fields, ())
equal(ast.expr._attributes, ("lineno", "col_offset", "end_lineno", "end_col_offset"))
equal(ast.ExceptHandler._fields, ("type", "name", "body"))
equal(ast.Return().value, None)
equal(vars(ast.Return()), {})
equal(vars(ast.Module()), {"body": [], "type_ignores": []})
equal(ast.Name.__mro__, (ast.Name, ast.expr, ast.AST, object))
equal(repr(ast.Name("x")), "Name(id='x', ctx=Load())")
equal(repr(ast.AST()), "ast.AST()")
equal(repr(ast.List((1, 2, 3), 2)), "List(elts=(1, ..., 3), ctx=2)")
equal(repr(ast.List((1,), 2)), "List(elts=(1), ctx=2)")
equal(repr(parse("x=1;f(2,[3,4],*a)")), "Module(body=[Assign(targets=[Name(id='x', ctx=Store(...))], value=Constant(value=1, kind=None), type_comment=None), Expr(value=Call(func=Name(...), args=[Constant(...), ..., Starred(...)], keywords=[]))], type_ignores=[])")
equal(repr(parse("x=(a.b.c.d.e)").body[0].value), "Attribute(value=Attribute(value=Attribute(value=Attribute(...), attr='c', ctx=Load(...)), attr='d', ctx=Load()), attr='e', ctx=Load())")
equal(parse("x").body[0].value.ctx is parse("y").body[0].value.ctx, True)
raises("TypeError: Name constructor takes at most 2 positional arguments", ast.Name, 1, 2, 3)
raises("TypeError: Return constructor takes at most 1 positional argument", ast.Return, 1, 2)
raises("TypeError: Name got multiple values for argument 'id'", ast.Name, "x", id="y")
raises("TypeError: AST constructor takes at most 0 positional arguments", ast.AST, 1)
equal(ast.AST().__reduce__(), (ast.AST, (), {}))
equal(ast.Name("x").__reduce_ex__(4)[:2], (ast.Name, (None, None)))
equal(ast.Name("x").__replace__(id="y").id, "y")
equal(sorted(vars(ast.Name("x", lineno=2).__replace__(id=2))), ["ctx", "id", "lineno"])
raises("TypeError: __replace__() takes no positional arguments", ast.Name("x").__replace__, 1)
raises("TypeError: Name.__replace__ got an unexpected keyword argument 'foo'.", ast.Name("x").__replace__, foo="y")

class D(ast.AST):
    _fields = ("a", "b")
equal(repr(D(1, 2)), "D(a=1, b=2)")
raises("AttributeError: 'D' object has no attribute 'b'", repr, D(1))
raises("TypeError: D.__replace__ missing 1 keyword argument: 'b'.", D(1).__replace__, a=2)

at = dict(lineno=1, col_offset=1)
def build(tree, mode):
    return lambda: compile(tree, "<test>", mode)
def expression(node):
    return build(ast.Expression(node), "eval")
def module(*nodes):
    return build(ast.Module(list(nodes)), "exec")
name = ast.Name("x", **at)
for function, expected in [
    (build(ast.Module((1,)), "exec"), 'TypeError: Module field "body" must be a list, not a tuple'),
    (module(1), 'TypeError: required field "lineno" missing from stmt'),
    (module(None), "ValueError: None disallowed in statement list"),
    (expression(None), "ValueError: field 'body' is required for Expression"),
    (expression(ast.Name("x", lineno=1)), 'TypeError: required field "col_offset" missing from expr'),
    (expression(ast.Name(1, **at)), "TypeError: AST identifier must be of type str"),
    (expression(ast.Name("x", lineno=1.0, col_offset=1)), "ValueError: invalid integer value: 1.0"),
    (build(ast.Name("x"), "eval"), "TypeError: expected Expression node, got Name"),
    (build(ast.Module(), "eval"), "TypeError: expected Expression node, got Module"),
    (expression(ast.Name("x", ast.Store(), **at)), "ValueError: expression must have Load context but has Store instead"),
    (expression(ast.Constant(object, **at)), "TypeError: got an invalid type in Constant: type"),
    (expression(ast.BinOp(None, ast.Add(), None, **at)), "ValueError: field 'left' is required for BinOp"),
    (expression(ast.List([None], **at)), "ValueError: None disallowed in expression list"),
    (expression(ast.Name("x", lineno=5, end_lineno=4, col_offset=1)), "ValueError: AST node line range (5, 4) is not valid"),
    (expression(ast.Name("x", end_col_offset=2, lineno=1, col_offset=5)), "ValueError: line 1, column 5-2 is not a valid range"),
    (expression(ast.Name("x", 1, **at)), "TypeError: expected some sort of expr_context, but got 1"),
    (expression(ast.Name("None", **at)), "ValueError: identifier field can't represent 'None' constant"),
    (module(ast.Global([1], **at)), "TypeError: AST identifier must be of type str"),
    (module(ast.Global([], **at)), "ValueError: empty names on Global"),
    (module(ast.Delete([name], **at)), "ValueError: expression must have Del context but has Load instead"),
    (module(ast.ImportFrom("x", [ast.alias("a", **at)], -3, **at)), "ValueError: Negative ImportFrom level"),
    (module(ast.FunctionDef("x", ast.arguments(), **at)), "ValueError: empty body on FunctionDef"),
]:
    raises(expected, function)

# Round trips: what the parser made comes back as it was.
source = """
import a.b as c
from .m import (x as y, z)
@deco
async def f[T: int, *Ts, **P](a, /, b: int = 1, *c, d, e=2, **g) -> None:
    "doc"
    global v
    async with q as r, s: pass
    async for i in j: await k
    else: pass
    yield
class C(B, metaclass=M, **kw):
    x: int = 3
    (y): str
type A[T: int = 3] = list[T]
match p:
    case {"k": 1, **rest}: pass
    case [None, *_, 2.5] | K(1, a=b.c) | "s" as t if g: pass
    case _: pass
try: pass
except* (E, F) as e: raise X from Y
else: assert a, b
finally: del a[1:2, ::3], b.c
for [a, *b] in c: break
else: continue_ = lambda *a, k=1: not a
while x: a @= b
if (n := 10) < 5 <= 7 in z is not None: nonlocal_ = {**a, 1: 2, **b}, {1, *c}
x = f"{a!r:>{w}} b" t"{q}" if 0 else {k: v for k, v in i if a if b for c in d}
print(*a, **b, c=[-1j, 1e3, b'x', ..., None, u"u"])
with (a as b): x = yield_ = [i for i in j]
"""
source = source.replace(' t"{q}"', "")
tree = parse(source)
code = compile(tree, "<test>", "exec")
direct = compile(source, "<test>", "exec")
equal(code.co_code, direct.co_code)
equal(code.co_linetable, direct.co_linetable)
equal(code.co_names, direct.co_names)
equal(repr(parse("a", "eval")), "Expression(body=Name(id='a', ctx=Load()))")
equal(eval(compile(parse("2 + 3", "eval"), "", "eval")), 5)
