# A visitor by method name over a small expression tree, with slots and match.
class Num:
    __match_args__ = ("value",)
    def __init__(self, value): self.value = value
class Bin:
    __match_args__ = ("op", "left", "right")
    def __init__(self, op, left, right): self.op, self.left, self.right = op, left, right
class Visitor:
    def visit(self, node): return getattr(self, "visit_" + type(node).__name__.lower(), self.default)(node)
    def default(self, node): raise TypeError(f"no visitor for {type(node).__name__}")
class Evaluate(Visitor):
    def visit_num(self, node): return node.value
    def visit_bin(self, node):
        import operator
        ops = {"+": operator.add, "-": operator.sub, "*": operator.mul}
        return ops[node.op](self.visit(node.left), self.visit(node.right))
class Show(Visitor):
    def visit_num(self, node): return str(node.value)
    def visit_bin(self, node): return f"({self.visit(node.left)} {node.op} {self.visit(node.right)})"
def simplify(node):
    match node:
        case Bin("*", Num(1), right): return simplify(right)
        case Bin("*", left, Num(1)): return simplify(left)
        case Bin("*", Num(0), _) | Bin("*", _, Num(0)): return Num(0)
        case Bin("+", Num(a), Num(b)): return Num(a + b)
        case Bin(op, left, right): return Bin(op, simplify(left), simplify(right))
        case _: return node
tree = Bin("-", Bin("*", Num(1), Bin("+", Num(2), Num(3))), Bin("*", Num(0), Num(9)))
print(Show().visit(tree), Evaluate().visit(tree), Show().visit(simplify(tree)))
try:
    Evaluate().visit("text")
except TypeError as error:
    print(error)
