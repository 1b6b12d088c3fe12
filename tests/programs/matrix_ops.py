# Matrices with operator overloading.
class Matrix:
    def __init__(self, rows): self.rows = [list(r) for r in rows]
    @classmethod
    def identity(cls, n): return cls([int(i == j) for j in range(n)] for i in range(n))
    def __matmul__(self, other):
        columns = list(zip(*other.rows))
        return Matrix([sum(a * b for a, b in zip(row, col)) for col in columns] for row in self.rows)
    def __pow__(self, n):
        result, base = Matrix.identity(len(self.rows)), self
        while n:
            if n & 1: result = result @ base
            base, n = base @ base, n >> 1
        return result
    def __getitem__(self, ij):
        i, j = ij
        return self.rows[i][j]
    def __eq__(self, other): return self.rows == other.rows
    def det(self):
        m = self.rows
        if len(m) == 1: return m[0][0]
        return sum((-1) ** j * m[0][j] * Matrix([r[:j] + r[j + 1:] for r in m[1:]]).det() for j in range(len(m)))
    def __repr__(self): return "\n".join(" ".join(f"{v:>4}" for v in row) for row in self.rows)
fib = Matrix([[1, 1], [1, 0]]) ** 90
print(fib[0, 1], Matrix([[2, 0, 1], [1, 3, 2], [1, 1, 4]]).det())
print(Matrix([[1, 2], [3, 4]]) @ Matrix.identity(2) == Matrix([[1, 2], [3, 4]]))
print(Matrix([[1, 2], [3, 4]]) @ Matrix([[5, 6], [7, 8]]))
