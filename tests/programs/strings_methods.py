# The everyday methods of str.
text = "  The quick brown Fox  "
print(text.strip(), text.lower(), text.upper(), text.title(), text.swapcase(), sep="|")
print(text.split(), "a,b,,c".split(","), "a,b,c".rsplit(",", 1), "one\ntwo\r\nthree".splitlines())
print("-".join(["a", "b", "c"]), "abc".center(9, "*"), "7".zfill(3), "x".ljust(3) + "|", "x".rjust(3))
print("banana".count("an"), "banana".find("nan"), "banana".rfind("a"), "banana".replace("a", "o", 2))
print("hello".startswith(("he", "x")), "hello".endswith("lo"), "k=v".partition("="), "a.b.c".rpartition("."))
print("abc".isalpha(), "12".isdigit(), "Ab".istitle(), "\u00bd".isnumeric(), "_x1".isidentifier())
print("stra\u00dfe".upper(), "\u0130".lower().encode(), "\ufb01".casefold(), "\u01c6".title())
print("tab\there".expandtabs(4), "abc".translate({97: "A", 98: None}), "unhappy".removeprefix("un"))
print("h\u00e9llo"[::-1], "abc" * 3, "b" in "abc", "abc" < "abd", max("hello"), sorted("hello"))
