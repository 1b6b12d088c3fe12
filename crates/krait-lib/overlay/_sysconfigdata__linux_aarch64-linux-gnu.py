"""What `sysconfig` says of Krait on aarch64-linux-gnu: the ABI of CPython 3.14, and how to build for it."""

from _krait_sysconfig import build_time_vars as _build_time_vars

build_time_vars = _build_time_vars('aarch64-linux-gnu')
