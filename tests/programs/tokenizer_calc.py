# A calculator: tokens, recursive descent, errors.
import re
TOKEN = re.compile(r"\s*(?:(\d+\.?\d*)|(\*\*|.))")
class Parser:
    def __init__(self, text):
        self.tokens = [(float(n) if n else op) for n, op in TOKEN.findall(text)] + [None]
        self.at = 0
    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]
    def peek(self): return self.tokens[self.at]
    def expression(self):
        value = self.term()
        while self.peek() in ("+", "-"):
            value = value + self.term() if self.take() == "+" else value - self.term()
        return value
    def term(self):
        value = self.factor()
        while self.peek() in ("*", "/"):
            value = value * self.factor() if self.take() == "*" else value / self.factor()
        return value
    def factor(self):
        token = self.take()
        if token == "-": return -self.factor()
        if token == "(":
            value = self.expression()
            if self.take() != ")": raise SyntaxError("expected )")
        elif isinstance(token, float): value = token
        else: raise SyntaxError(f"unexpected {token!r}")
        return value ** self.factor() if self.peek() == "**" and self.take() else value
for text in ["1 + 2 * 3", "(1 + 2) * 3", "-2 ** 2", "2 ** 3 ** 2", "10 / 4 - 1", "1 / 0", "(1", "2 +", "abc"]:
    try:
        print(text, "=", Parser(text).expression())
    except (SyntaxError, ZeroDivisionError) as error:
        print(text, "->", type(error).__name__, error)
