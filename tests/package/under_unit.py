#!/usr/bin/python3
"""Runs a command under what a unit file takes away from it, where systemd does not run: no new privileges, no
capabilities, and the system calls of SystemCallFilter=, MemoryDenyWriteExecute= and RestrictAddressFamilies=, as systemd
itself lists them (systemd-analyze syscall-filter). A call that the unit refuses kills here, so that no test can miss it.

usage: under_unit.py UNIT COMMAND [ARGUMENT]...       exit code 77: a tool is missing, or the kernel refuses the filter
"""
import ctypes
import os
import socket
import subprocess
import sys

try:
    import seccomp
except ImportError:
    print("under_unit: python3-seccomp is missing", file=sys.stderr)
    sys.exit(77)

PR_SET_NO_NEW_PRIVS = 38
PR_CAPBSET_DROP = 24
WRITE, EXEC = 2, 4


def settings(path, name):
    """All values of a setting, in order."""
    with open(path, encoding="utf-8") as unit:
        pairs = [line.strip().split("=", 1) for line in unit if "=" in line and not line.startswith("#")]
    return [value for key, value in pairs if key == name]


def outside():
    """The environment without the manager's socket: systemd's own tools tell a manager how they ended, from 255 on."""
    return {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}


def calls_of(word):
    """The system calls of a set (@system-service), or the one that is named."""
    if not word.startswith("@"):
        return {word}
    listed = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", word], check=True, text=True,
                            capture_output=True, env=outside()).stdout
    words = [line.strip() for line in listed.splitlines()[1:]]
    return set().union(*(calls_of(call) for call in words if call and not call.startswith("#")))


def allowed_calls(unit):
    allowed = set()
    for value in settings(unit, "SystemCallFilter"):
        refused = value.startswith("~")
        for word in value.lstrip("~").split():
            allowed = allowed - calls_of(word) if refused else allowed | calls_of(word)
    return allowed


def add_rules(rules, unit):
    allow = seccomp.ALLOW
    special = {"mmap", "mprotect", "pkey_mprotect", "socket"}
    for call in sorted(allowed_calls(unit) - special):
        try:
            rules.add_rule(allow, call)
        except (RuntimeError, ValueError, OSError):
            pass  # a call of another architecture, or newer than the library
    if settings(unit, "MemoryDenyWriteExecute") == ["yes"]:
        for protection in (0, WRITE, EXEC):
            rules.add_rule(allow, "mmap", seccomp.Arg(2, seccomp.MASKED_EQ, WRITE | EXEC, protection))
        for call in ("mprotect", "pkey_mprotect"):
            rules.add_rule(allow, call, seccomp.Arg(2, seccomp.MASKED_EQ, EXEC, 0))
    for family in " ".join(settings(unit, "RestrictAddressFamilies")).split():
        rules.add_rule(allow, "socket", seccomp.Arg(0, seccomp.EQ, int(getattr(socket, family))))


def main():
    unit, command = sys.argv[1], sys.argv[2:]
    rules = seccomp.SyscallFilter(seccomp.KILL_PROCESS)
    add_rules(rules, unit)
    os.umask(int(settings(unit, "UMask")[0], 8))
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # gone with the next execve; fails beyond the last one
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    try:
        rules.load()
    except OSError as failure:
        print(f"under_unit: the kernel takes no filter: {failure}", file=sys.stderr)
        sys.exit(77)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
