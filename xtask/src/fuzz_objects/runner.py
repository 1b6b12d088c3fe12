"""Runs cases of the fuzzer of objects and prints what each did, one line a case.

Usage: runner.py SEED FIRST COUNT    runs the cases FIRST to FIRST + COUNT - 1
       runner.py --show SEED CASE    prints the case as a program of its own
"""
import gc
import os
import re
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)

import grammar

def prelude():
    """What every case is run over: fresh classes for each."""
    texts = []
    for name in ("hostile.py", "support.py"):
        with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
            texts.append(file.read())
    return "\n".join(texts)


def reset():
    """Undoes what a case may have changed outside its own module."""
    sys.settrace(None)
    sys.setprofile(None)
    sys.set_asyncgen_hooks(None, None)
    gc.callbacks.clear()
    gc.set_threshold(2000)
    gc.enable()


def general(text):
    """A line of the log without addresses."""
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def run(code, seed, number):
    text = grammar.program(seed, number)
    space = {"__name__": "case", "__builtins__": __builtins__}
    exec(code, space)
    log, disarm = space["LOG"], space["disarm"]
    try:
        exec(compile(text, "<case>", "exec"), space)
    except BaseException as error:
        log.append("ended: " + type(error).__name__)
    disarm()
    reset()
    space.clear()
    del space
    return general(" ".join(log))[:1500]


def main():
    if sys.argv[1] == "--show":
        print(prelude() + grammar.program(int(sys.argv[2]), int(sys.argv[3])))
        return
    seed, first, count = map(int, sys.argv[1:])
    code = compile(prelude(), "<prelude>", "exec")
    sys.stderr = open(os.devnull, "w")
    sys.unraisablehook = lambda unraisable: None
    write = os.write
    for number in range(first, first + count):
        write(1, b"%d\t" % number)
        line = run(code, seed, number)
        write(1, ascii(line).encode() + b"\n")
        if number % 50 == 0:
            gc.collect()


main()
