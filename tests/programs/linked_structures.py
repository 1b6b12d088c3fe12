# A binary tree and a linked list with iterators.
class Node:
    def __init__(self, key): self.key, self.left, self.right = key, None, None
class Tree:
    def __init__(self, items=()):
        self.root, self.size = None, 0
        for item in items: self.add(item)
    def add(self, key):
        node, link = self.root, None
        while node:
            if key == node.key: return False
            link, node = (node, "left"), None
            link = (link[0], "left" if key < link[0].key else "right")
            node = getattr(link[0], link[1])
        new = Node(key)
        if link is None: self.root = new
        else: setattr(link[0], link[1], new)
        self.size += 1
        return True
    def __iter__(self):
        def walk(node):
            if node:
                yield from walk(node.left)
                yield node.key
                yield from walk(node.right)
        return walk(self.root)
    def __len__(self): return self.size
    def height(self):
        def h(n): return 0 if n is None else 1 + max(h(n.left), h(n.right))
        return h(self.root)
tree = Tree([50, 30, 70, 20, 40, 60, 80, 30])
print(list(tree), len(tree), tree.height(), 40 in tree, tree.add(65), list(tree))
class Stack:
    def __init__(self): self._head, self._n = None, 0
    def push(self, v): self._head, self._n = (v, self._head), self._n + 1
    def pop(self):
        if not self._head: raise IndexError("empty stack")
        v, self._head = self._head
        self._n -= 1
        return v
    def __iter__(self):
        node = self._head
        while node:
            yield node[0]
            node = node[1]
stack = Stack()
for i in range(4): stack.push(i)
print(stack.pop(), list(stack))
try:
    Stack().pop()
except IndexError as error:
    print(error)
