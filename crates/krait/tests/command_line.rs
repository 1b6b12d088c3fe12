//! The program as a whole: what CPython 3.14 prints and returns for these command lines.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str], input: &str) -> Output {
    run_with(&[], arguments, input)
}

fn run_with(variables: &[(&str, &str)], arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_krait"))
        .args(arguments)
        .envs(variables.iter().copied())
        .env_remove("PYTHONHOME")
        .env_remove("PYTHONPATH")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(input.as_bytes())
        .expect("the program reads");
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

#[track_caller]
fn check(arguments: &[&str], input: &str, stdout: &str, stderr_end: &str, status: i32) {
    let output = run(arguments, input);
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(out, stdout, "stdout of {arguments:?}; stderr: {err}");
    assert!(err.ends_with(stderr_end), "stderr of {arguments:?}: {err}");
    assert_eq!(output.status.code(), Some(status), "{arguments:?}");
}

#[test]
fn commands_run() {
    check(&["-c", "print('hi')"], "", "hi\n", "", 0);
    check(&["-c", "  x = 1\n  print(x)"], "", "1\n", "", 0);
    check(
        &["-c", "import sys; print(sys.argv)", "a", "-b"],
        "",
        "['-c', 'a', '-b']\n",
        "",
        0,
    );
    check(
        &["-Sc", "import sys; print(sys.flags.no_site)"],
        "",
        "1\n",
        "",
        0,
    );
    check(&[], "print(__file__)", "<stdin>\n", "", 0);
    check(
        &["-m", "json.tool", "--compact", "-"],
        "[1,  2]",
        "[1,2]\n",
        "",
        0,
    );
}

#[test]
fn the_end_has_a_status() {
    check(&["-c", "raise SystemExit(7)"], "", "", "", 7);
    check(&["-c", "import sys; sys.exit('bye')"], "", "", "bye\n", 1);
    check(
        &["-c", "1/0"],
        "",
        "",
        "    1/0\n    ~^~\nZeroDivisionError: division by zero\n",
        1,
    );
    check(
        &["-c", "x ="],
        "",
        "",
        "    x =\n       ^\nSyntaxError: invalid syntax\n",
        1,
    );
    check(
        &["/no/such.py"],
        "",
        "",
        "can't open file '/no/such.py': [Errno 2] No such file or directory\n",
        2,
    );
    check(
        &["-c", "import no_such"],
        "",
        "",
        "ModuleNotFoundError: No module named 'no_such'\n",
        1,
    );
}

#[test]
fn the_library_has_files_and_sources() {
    let program = "import inspect, json, importlib.resources as r, pkgutil\n\
                   print(json.__file__.endswith('lib/python3.14/json/__init__.py'))\n\
                   print(inspect.getsource(json.dumps).splitlines()[0])\n\
                   print('decoder.py' in [p.name for p in r.files('json').iterdir()])\n\
                   print([m.name for m in pkgutil.iter_modules(json.__path__)])";
    let expected = "True\n\
                    def dumps(obj, *, skipkeys=False, ensure_ascii=True, check_circular=True,\n\
                    True\n\
                    ['__main__', 'decoder', 'encoder', 'scanner', 'tool']\n";
    check(&["-c", program], "", expected, "", 0);
}

#[test]
fn objects_end_with_the_program() {
    let program = "class A:\n  def __del__(self): print('end')\na = A()\n\
                   import atexit\natexit.register(print, 'exit')";
    check(&["-c", program], "", "exit\nend\n", "", 0);
}

#[test]
fn the_specialiser_and_the_allocator_can_be_chosen() {
    let show = "import dis, io
def f():
    for i in (): pass
f()
out = io.StringIO()
dis.dis(f, adaptive=True, file=out)
print('FOR_ITER_TUPLE' in out.getvalue(), 'RESUME_CHECK' in out.getvalue())";
    for (variable, value, stdout) in [
        ("KRAIT_SPECIALIZE", "off", "False False\n"),
        ("KRAIT_SPECIALIZE", "eager", "True True\n"),
        ("KRAIT_SPECIALIZE", "", "False True\n"),
        ("PYTHONMALLOC", "malloc", "False True\n"),
    ] {
        // The switches of the engine are for children that ignore Python's variables, too.
        let output = run_with(&[(variable, value)], &["-I", "-c", show], "");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            stdout,
            "{variable}={value}"
        );
    }
    for (variable, message) in [
        (
            "KRAIT_SPECIALIZE",
            "KRAIT_SPECIALIZE must be \"off\" or \"eager\"",
        ),
        (
            "PYTHONMALLOC",
            "preconfig_init_allocator: PYTHONMALLOC: unknown allocator",
        ),
    ] {
        let output = run_with(&[(variable, "fast")], &["-c", "pass"], "");
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(err.contains(message), "{err}");
        assert_eq!(output.status.code(), Some(1));
    }
}
