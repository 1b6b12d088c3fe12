# Options of the command line: -X cpu_count, importtime, no_debug_ranges; closed streams.
import os
import re
import subprocess
import sys


def run(*options, code, **more):
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    env.update(more.pop("env", {}))
    done = subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, env=env, **more)
    print(options, more.keys() and "preexec", done.returncode, done.stdout.strip())
    return done.stderr


run("-X", "cpu_count=4321", code="import os; print(os.cpu_count())")
run(code="import os; print(os.cpu_count())", env={"PYTHON_CPU_COUNT": "7"})
print(run("-X", "cpu_count=0", code="pass").splitlines()[0])
for level in "1", "2", "yes":
    times = run("-X", f"importtime={level}", code="import sys; import json; import json")
    print(bool(re.search(r"import time: \s*\d+ \| \s*\d+ \|   +json\.decoder\n", times)),
          bool(re.search(r"import time: cached\s* \| cached\s* \| json\n", times)))
print(run("-X", "importtime=3", code="pass").splitlines()[0])
print(run("-X", "no_debug_ranges", code="1 +\\\n 1/0"), end="")
print(run(code="1 + 1/0", env={"PYTHONNODEBUGRANGES": "1"}), end="")
for fd in range(3):
    closed = "stdin", "stdout", "stderr"
    run(code=f"import os, sys; os._exit(42 if sys.{closed[fd]} is None else 1)",
        preexec_fn=lambda: os.close(fd))
print(run(code="print('\udcff')").splitlines()[0])
print("import " in run("-v", code="import json"))
