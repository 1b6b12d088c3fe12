# Trees to JSON and back through recursion.
import json
def insert(tree, key):
    if tree is None: return {"key": key, "left": None, "right": None}
    side = "left" if key < tree["key"] else "right"
    return {**tree, side: insert(tree[side], key)}
def walk(tree): return [] if tree is None else walk(tree["left"]) + [tree["key"]] + walk(tree["right"])
tree = None
for key in [5, 2, 8, 1, 9]:
    tree = insert(tree, key)
text = json.dumps(tree)
print(text)
print(walk(json.loads(text)), json.loads(text) == tree)
def depth(t): return 0 if t is None else 1 + max(depth(t["left"]), depth(t["right"]))
print(depth(tree))
