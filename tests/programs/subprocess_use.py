# Child processes of this same interpreter.
import subprocess, sys
done = subprocess.run([sys.executable, "-c", "import sys; print(sys.stdin.read().upper()); sys.exit(4)"],
                      input="hello", capture_output=True, text=True)
print(done.returncode, repr(done.stdout), repr(done.stderr))
print(subprocess.check_output([sys.executable, "-c", "print(6 * 7)"]).strip())
process = subprocess.Popen([sys.executable, "-c", "print('out'); raise SystemExit('err')"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
out, err = process.communicate()
print(out, err, process.returncode)
try:
    subprocess.run([sys.executable, "-c", "1/0"], check=True, stderr=subprocess.DEVNULL)
except subprocess.CalledProcessError as error:
    print("failed with", error.returncode)
try:
    subprocess.run(["/no/such/program"])
except FileNotFoundError as error:
    print(error.strerror)
