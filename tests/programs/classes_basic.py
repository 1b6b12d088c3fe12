# Classes: attributes, inheritance, properties, static and class methods.
class Shape:
    count = 0
    def __init__(self, name):
        self.name = name
        Shape.count += 1
    def area(self):
        raise NotImplementedError
    def __str__(self):
        return f"{self.name} of area {self.area():.2f}"
    @classmethod
    def how_many(cls):
        return f"{cls.__name__}: {cls.count}"
    @staticmethod
    def helper(x):
        return x * 2
class Circle(Shape):
    def __init__(self, radius):
        super().__init__("circle")
        self.radius = radius
    @property
    def diameter(self):
        return self.radius * 2
    @diameter.setter
    def diameter(self, value):
        self.radius = value / 2
    def area(self):
        return 3.14159 * self.radius ** 2
circle = Circle(2)
circle.diameter = 6
print(circle, circle.diameter, circle.radius, Circle.how_many(), Shape.helper(4))
print(isinstance(circle, Shape), issubclass(Circle, Shape), type(circle).__mro__)
print(vars(circle), hasattr(circle, "nope"), getattr(circle, "nope", "default"))
for action in ("circle.nope", "Shape('x').area()", "del circle.area"):
    try:
        exec(action)
    except Exception as error:
        print(type(error).__name__, error)
