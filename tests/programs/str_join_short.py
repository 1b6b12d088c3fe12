# Joins whose result has at most one character.
for parts in (["", ""], ["a"], ["", "a"], ["a", ""], ["", "é", ""], ["", "\u20ac"], []):
    for separator in ("", "-", "é", "\u20ac", "ab"):
        print(repr(separator), parts, repr(separator.join(parts)), repr(separator.join(iter(parts))))
