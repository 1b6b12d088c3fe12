# ast: parse, walk, transform, unparse.
import ast
tree = ast.parse("def f(x):\n    return x * 2 + len('a')\nprint(f(3))")
print(ast.dump(tree.body[0].args), [type(n).__name__ for n in ast.walk(tree)][:8])
class Double(ast.NodeTransformer):
    def visit_Constant(self, node):
        return ast.copy_location(ast.Constant(node.value * 2), node) if isinstance(node.value, int) else node
new = ast.fix_missing_locations(Double().visit(tree))
print(ast.unparse(new))
exec(compile(new, "<ast>", "exec"))
print(ast.literal_eval("{'a': [1, (2, None)], 'b': {1, 2}}"), ast.get_docstring(ast.parse('"doc"')))
expression = ast.parse("a and b or not c", mode="eval")
print(ast.dump(expression, indent=2))
try:
    ast.literal_eval("__import__('os')")
except ValueError as error:
    print(type(error).__name__)
