# Reading and writing text files.
import os, tempfile
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "notes.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("first\nsecond \u00e9\n")
        print("third", 3, file=file)
        file.writelines(["a\n", "b"])
    with open(path, encoding="utf-8") as file:
        print(file.readline(), end="")
        print([line.rstrip() for line in file], file.tell(), file.closed)
    print(file.closed, os.path.getsize(path))
    with open(path, "a+") as file:
        file.write("\nend")
        file.seek(0)
        print(file.read().count("\n"), file.read(1) == "")
    with open(path, "rb") as file:
        file.seek(-3, 2)
        print(file.read(), file.tell())
    with open(path, "r+", newline="") as file:
        file.write("F")
        file.seek(0)
        print(file.read(5))
    for mode, name in [("r", "missing"), ("x", "notes.txt"), ("zz", "notes.txt")]:
        try:
            open(os.path.join(folder, name), mode)
        except (OSError, ValueError) as error:
            print(type(error).__name__, str(error).replace(folder, "DIR"))
    try:
        file.read()
    except ValueError as error:
        print(error)
