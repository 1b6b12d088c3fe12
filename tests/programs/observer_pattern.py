# Callbacks, bound methods, weak observers, properties as events.
import weakref
class Event:
    def __init__(self): self._handlers = []
    def __iadd__(self, handler):
        self._handlers.append(weakref.WeakMethod(handler) if hasattr(handler, "__self__") else lambda h=handler: h)
        return self
    def __call__(self, *args):
        for ref in list(self._handlers):
            handler = ref()
            if handler is None: self._handlers.remove(ref)
            else: handler(*args)
class Model:
    def __init__(self): self.changed, self._value = Event(), 0
    @property
    def value(self): return self._value
    @value.setter
    def value(self, new):
        old, self._value = self._value, new
        self.changed(old, new)
class View:
    def __init__(self, name, model):
        self.name = name
        model.changed += self.update
    def update(self, old, new): print(self.name, old, "->", new)
model = Model()
a, b = View("a", model), View("b", model)
model.changed += lambda old, new: print("lambda", new - old)
model.value = 5
del a
model.value = 7
print(len(model.changed._handlers), View.update.__qualname__, b.update.__func__ is View.update)
