# try/except/else/finally in all orders, chaining, notes, groups.
def run(n):
    try:
        print("try", n)
        if n == 1: raise ValueError("one")
        if n == 2: return "returned"
        if n == 3: raise KeyError("three")
    except ValueError as error:
        print("except", error)
    else:
        print("else")
        return "else"
    finally:
        print("finally")
    return "end"
for n in range(4):
    try:
        print(run(n))
    except KeyError as error:
        print("outer", error)
class AppError(Exception):
    def __init__(self, code, *args):
        super().__init__(*args)
        self.code = code
try:
    try:
        int("x")
    except ValueError as error:
        raise AppError(7, "bad") from error
except AppError as error:
    error.add_note("a note")
    print(error, error.code, repr(error.__cause__), error.__notes__, error.args)
try:
    raise ExceptionGroup("many", [ValueError(1), TypeError("t"), OSError(2, "no")])
except* ValueError as group:
    print("values", group.exceptions)
except* (TypeError, OSError) as group:
    print("others", group.exceptions)
def loop():
    for i in range(3):
        try:
            continue
        finally:
            print("f", i)
loop()
print(BaseException().args, Exception("a", 1), str(Exception()), repr(KeyError("k")))
