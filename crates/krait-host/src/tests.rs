//! Calls to the operating system, tried on this process and on temporary files.

use std::ffi::CString;

use super::*;

fn path(name: &str) -> CString {
    let dir = std::env::temp_dir().join(format!("krait-host-{}-{name}", std::process::id()));
    CString::new(dir.into_os_string().into_encoded_bytes()).expect("a path")
}

#[test]
fn errors_have_texts() {
    let error = fd::close(-1).expect_err("not open");
    assert_eq!(error.0, libc::EBADF);
    assert_eq!(error.to_string(), "[Errno 9] Bad file descriptor");
    assert!(errno::NAMES.contains(&("ENOENT", 2)));
}

#[test]
fn files_and_folders() {
    let dir = path("dir");
    fs::mkdir(fd::AT_FDCWD, &dir, 0o700).expect("mkdir");
    let folder = fd::open(fd::AT_FDCWD, &dir, libc::O_RDONLY, 0).expect("open");
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_CLOEXEC;
    let file = fd::open(folder, c"a", flags, 0o600).expect("create");
    assert!(!fd::get_inheritable(file).expect("flags"));
    assert_eq!(fd::write(file, b"hello"), Ok(5));
    assert_eq!(fd::pwritev(file, &[b"J", b"E"], 0, 0), Ok(2));
    let mut buffer = [0; 8];
    assert_eq!(fd::pread(file, &mut buffer, 0), Ok(5));
    assert_eq!(&buffer[..5], b"JEllo");
    let state = fs::fstat(file).expect("stat");
    assert_eq!((state.size, state.nlink, state.mode & 0o777), (5, 1, 0o600));
    fs::symlink(c"a", folder, c"b").expect("symlink");
    assert_eq!(fs::readlink(folder, c"b"), Ok(b"a".to_vec()));
    let when = fs::Moment {
        sec: 1_000_000_000,
        nsec: 5,
    };
    fs::utime(folder, c"b", Some((when, when)), true).expect("utime");
    assert_eq!(fs::stat(folder, c"a", true).expect("stat").mtime, when);
    let mut reader = fs::Dir::open(&dir).expect("opendir");
    let mut names = Vec::new();
    while let Some(entry) = reader.read().expect("readdir") {
        names.push((entry.name.into_bytes(), entry.kind));
    }
    names.sort();
    assert_eq!(
        names,
        [(b"a".to_vec(), libc::DT_REG), (b"b".to_vec(), libc::DT_LNK)]
    );
    fs::unlink(folder, c"a").expect("unlink");
    fs::unlink(folder, c"b").expect("unlink");
    fs::rmdir(fd::AT_FDCWD, &dir).expect("rmdir");
    assert_eq!(
        fs::stat(fd::AT_FDCWD, &dir, true).expect_err("gone").0,
        libc::ENOENT
    );
    fd::close(file).expect("close");
    fd::close(folder).expect("close");
}

fn spec<'a>(
    executables: &'a [CString],
    arguments: &'a [CString],
    output: (i32, i32),
    error_pipe: (i32, i32),
) -> spawn::ForkExec<'a> {
    spawn::ForkExec {
        arguments,
        executables,
        close_fds: true,
        keep: &[],
        cwd: None,
        environment: None,
        stdin: (-1, -1),
        stdout: output,
        stderr: (-1, -1),
        error_pipe,
        restore_signals: true,
        new_session: false,
        process_group: -1,
        gid: None,
        groups: None,
        uid: None,
        umask: -1,
    }
}

fn read_all(fd: i32) -> Vec<u8> {
    let (mut text, mut buffer) = (Vec::new(), [0; 256]);
    while let Ok(count @ 1..) = fd::read(fd, &mut buffer) {
        text.extend_from_slice(&buffer[..count]);
    }
    text
}

#[test]
fn programs_run() {
    let output = fd::pipe2(libc::O_CLOEXEC).expect("pipe");
    let error = fd::pipe2(libc::O_CLOEXEC).expect("pipe");
    let executables = [c"/nonexistent/sh".to_owned(), c"/bin/sh".to_owned()];
    let arguments = [
        c"sh".to_owned(),
        c"-c".to_owned(),
        c"echo hi; exit 3".to_owned(),
    ];
    let spec = spec(&executables, &arguments, output, error);
    // SAFETY: the child runs nothing of ours.
    let child = unsafe { spawn::fork_exec(&spec, None) }.expect("fork");
    fd::close(output.1).expect("close");
    fd::close(error.1).expect("close");
    assert_eq!(read_all(output.0), b"hi\n");
    assert_eq!(read_all(error.0), b"");
    let (pid, status) = process::waitpid(child, 0).expect("wait");
    assert_eq!((pid, libc::WEXITSTATUS(status)), (child, 3));
}

#[test]
fn failures_of_the_child_are_told() {
    let error = fd::pipe2(libc::O_CLOEXEC).expect("pipe");
    let executables = [c"/nonexistent".to_owned()];
    let mut spec = spec(&executables, &executables, (-1, -1), error);
    spec.cwd = Some(c"/no/such/folder");
    for expected in ["OSError:2:noexec:chdir", "OSError:2:"] {
        let pipe = fd::pipe2(libc::O_CLOEXEC).expect("pipe");
        spec.error_pipe = pipe;
        // SAFETY: the child runs nothing of ours.
        let child = unsafe { spawn::fork_exec(&spec, None) }.expect("fork");
        fd::close(pipe.1).expect("close");
        assert_eq!(String::from_utf8(read_all(pipe.0)).expect("text"), expected);
        process::waitpid(child, 0).expect("wait");
        spec.cwd = None;
    }
}

#[test]
fn times_are_broken_down() {
    let calendar = time::gmtime(86_400 * 365).expect("gmtime");
    assert_eq!(
        (
            calendar.year,
            calendar.month,
            calendar.day,
            calendar.weekday
        ),
        (71, 0, 1, 5)
    );
    assert_eq!(
        time::strftime(c"%Y-%m-%d %%", &calendar),
        Ok(b"1971-01-01 %".to_vec())
    );
    assert_eq!(time::strftime(c"", &calendar), Ok(Vec::new()));
    let local = time::localtime(1_700_000_000).expect("localtime");
    assert_eq!(time::mktime(&local), Some(1_700_000_000));
    let before = time::clock_gettime(libc::CLOCK_MONOTONIC).expect("clock");
    let deadline = fs::Moment {
        sec: before.sec,
        nsec: before.nsec,
    };
    assert_eq!(time::sleep_until(deadline), Ok(()));
}

#[test]
fn sockets_talk() {
    let server = socket::socket(libc::AF_INET, libc::SOCK_STREAM, 0).expect("socket");
    let any = socket::Address::Inet {
        host: [127, 0, 0, 1],
        port: 0,
    };
    socket::bind(server, &any).expect("bind");
    socket::listen(server, 1).expect("listen");
    let address = socket::getsockname(server).expect("name");
    let client = socket::socket(libc::AF_INET, libc::SOCK_STREAM, 0).expect("socket");
    socket::connect(client, &address).expect("connect");
    let (peer, from) = socket::accept(server).expect("accept");
    assert_eq!(from, socket::getsockname(client).expect("name"));
    assert_eq!(socket::send(client, b"ping", 0), Ok(4));
    let mut ready = [poll::PollFd {
        fd: peer,
        events: libc::POLLIN,
        revents: 0,
    }];
    assert_eq!(poll::poll(&mut ready, 1000), Ok(1));
    let mut buffer = [0; 8];
    assert_eq!(socket::recv(peer, &mut buffer, 0), Ok(4));
    for fd in [server, client, peer] {
        fd::close(fd).expect("close");
    }
    let found = socket::getaddrinfo(Some(c"127.0.0.1"), Some(c"80"), socket::Hints::default());
    let host = [127, 0, 0, 1];
    assert_eq!(
        found.expect("found")[0].address,
        socket::Address::Inet { host, port: 80 }
    );
    assert_eq!(
        socket::inet_ntop(libc::AF_INET6, &[0; 16]),
        Ok("::".to_owned())
    );
}

#[test]
fn descriptors_travel() {
    let (a, b) = socket::socketpair(libc::AF_UNIX, libc::SOCK_STREAM, 0).expect("pair");
    let rights = (
        libc::SOL_SOCKET,
        libc::SCM_RIGHTS,
        1i32.to_ne_bytes().to_vec(),
    );
    assert_eq!(socket::sendmsg(a, &[b"x", b"y"], &[rights], 0, None), Ok(2));
    let mut buffer = [0; 4];
    let (room, _) = socket::cmsg_space(4);
    let received = socket::recvmsg(b, &mut [&mut buffer], room, 0).expect("message");
    assert_eq!(received.length, 2);
    let (level, kind, data) = &received.ancillary[0];
    assert_eq!(
        (*level, *kind, data.len()),
        (libc::SOL_SOCKET, libc::SCM_RIGHTS, 4)
    );
}

#[test]
fn the_rest_answers() {
    let bounds = thread::stack_bounds().expect("bounds");
    let here = &raw const bounds as usize;
    assert!(bounds.low < here && here < bounds.high);
    assert!(
        users::getpwuid(0)
            .expect("passwd")
            .is_some_and(|user| user.name == b"root")
    );
    assert!(users::getgrnam(c"no such group").expect("group").is_none());
    assert!(sched::cpu_count().is_some() && !sched::getaffinity(0).expect("set").is_empty());
    assert!(
        signal::valid_signals()
            .iter()
            .any(|signal| signal == libc::SIGINT)
    );
    assert_eq!(
        signal::strsignal(libc::SIGINT).as_deref(),
        Some("Interrupt")
    );
    assert_eq!(
        locale::setlocale(libc::LC_CTYPE, None).as_deref(),
        Some(b"C".as_slice())
    );
    assert!(
        sysconf::sysconf(libc::_SC_PAGESIZE)
            .expect("size")
            .is_some()
    );
    // SAFETY: the program itself is no stranger.
    let program = unsafe { dl::open(None, libc::RTLD_NOW) }.expect("dlopen");
    assert!(dl::symbol(program, c"getpid").is_ok_and(|address| !address.is_null()));
    assert!(dl::symbol(program, c"no_such_symbol").is_err());
    let mut map = mmap::Map::new(
        4096,
        libc::PROT_READ,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        -1,
        0,
    )
    .expect("map");
    map.resize(8192).expect("grow");
    assert_eq!(map.len(), 8192);
    let usage = resource::getrusage(libc::RUSAGE_SELF).expect("usage");
    assert!(usage.maxrss > 0);
    let name = CString::new(format!("/krait-host-{}", process::getpid())).expect("a name");
    let semaphore = sem::Semaphore::create(&name, 0o600, 1).expect("semaphore");
    sem::unlink(&name).expect("unlink");
    assert_eq!((semaphore.try_wait(), semaphore.value()), (Ok(()), Ok(0)));
    assert_eq!(semaphore.try_wait(), Err(Errno(libc::EAGAIN)));
    let mut bytes = [0; 300];
    process::urandom(&mut bytes).expect("random");
    assert!(bytes.iter().any(|&byte| byte != 0));
}

struct Sample;

impl mount::Tree for Sample {
    fn find(&self, path: &str) -> Option<mount::Node> {
        match path {
            "" | "b" => Some(mount::Node::Folder),
            "a" | "b/c" => Some(mount::Node::File(5)),
            _ => None,
        }
    }

    fn list(&self, path: &str) -> Vec<(&'static str, mount::Node)> {
        match path {
            "" => vec![("a", mount::Node::File(5)), ("b", mount::Node::Folder)],
            _ => vec![("c", mount::Node::File(5))],
        }
    }

    fn read(&self, _: &str) -> Option<std::borrow::Cow<'static, [u8]>> {
        Some(b"hello".into())
    }
}

fn names(folder: &CString) -> Vec<Vec<u8>> {
    let mut dir = fs::Dir::open(folder).expect("opendir");
    let mut names = Vec::new();
    while let Some(entry) = dir.read().expect("readdir") {
        names.push(entry.name.into_bytes());
    }
    names.sort();
    names
}

#[test]
fn a_mounted_tree() {
    let join = |folder: &CString, name: &str| {
        let folder = folder.to_str().expect("text");
        CString::new(format!("{folder}/{name}")).expect("a path")
    };
    let top = path("mount");
    let root = join(&top, "root");
    assert!(mount::mount(root.to_bytes(), &Sample));
    assert!(!mount::mount(b"/elsewhere", &Sample));
    let open = |name: &str, flags| fd::open(fd::AT_FDCWD, &join(&root, name), flags, 0o600);

    assert_eq!(names(&top), [b"root"]);
    assert_eq!(names(&root), [b"a", b"b"]);
    let state = fs::stat(fd::AT_FDCWD, &join(&root, "b/../b//c"), true).expect("stat");
    assert_eq!((state.size, state.mode), (5, libc::S_IFREG | 0o444));
    assert_eq!(fs::read_file(&join(&root, "a")), Ok(b"hello".to_vec()));
    let missing = ["a/", "d", "b/d", "../rooted"];
    for name in missing {
        let answer = fs::stat(fd::AT_FDCWD, &join(&root, name), true);
        assert_eq!(answer.expect_err(name).0, libc::ENOENT);
    }

    let file = open("b/c", libc::O_RDONLY | libc::O_CLOEXEC).expect("open");
    let mut buffer = [0; 8];
    assert_eq!(fd::read(file, &mut buffer), Ok(5));
    assert_eq!(fd::write(file, b"x"), Err(Errno(libc::EBADF)));
    assert_eq!(fs::fstat(file).expect("fstat").size, 5);
    assert!(!fd::get_inheritable(file).expect("flags"));
    fd::close(file).expect("close");
    let create = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC;
    for (name, flags, errno) in [
        ("a", libc::O_RDWR, libc::EROFS),
        ("a", create, libc::EROFS),
        ("a", create | libc::O_EXCL, libc::EEXIST),
        ("b", libc::O_RDONLY, libc::EISDIR),
        ("a", libc::O_DIRECTORY, libc::ENOTDIR),
    ] {
        assert_eq!(open(name, flags), Err(Errno(errno)), "{name} {flags:o}");
    }
    let access = |mode| fs::access(fd::AT_FDCWD, &join(&root, "a"), mode, false, true);
    assert!(access(libc::R_OK) && !access(libc::W_OK) && !access(libc::X_OK));

    // What is on the disk comes first, and its folders have both.
    for folder in [&top, &root] {
        fs::mkdir(fd::AT_FDCWD, folder, 0o700).expect("mkdir");
    }
    let file = open("a", create).expect("create");
    fd::close(file).expect("close");
    let file = open("z", create).expect("create");
    fd::close(file).expect("close");
    assert_eq!(names(&root), [b"a", b"b", b"z"]);
    assert_eq!(fs::read_file(&join(&root, "a")), Ok(Vec::new()));
    assert_eq!(open("b/c", libc::O_RDWR), Err(Errno(libc::EROFS)));
    for name in ["a", "z"] {
        fs::unlink(fd::AT_FDCWD, &join(&root, name)).expect("unlink");
    }
    for folder in [&root, &top] {
        fs::rmdir(fd::AT_FDCWD, folder).expect("rmdir");
    }
}
