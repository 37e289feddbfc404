"""What was measured on, and with what: figures without it mean nothing."""
import os
import platform
import subprocess


def first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def field(path, key):
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() == key:
                    return value.strip()
    except OSError:
        pass
    return "unknown"


def content(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return "unknown"


def describe_machine():
    memory = field("/proc/meminfo", "MemTotal").split()[0]
    return {
        "cpu": field("/proc/cpuinfo", "model name"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory) / 2**20, 1) if memory.isdigit() else None,
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "unknown"),
        "governor": content("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "huge_pages": content("/sys/kernel/mm/transparent_hugepage/enabled"),
    }


def describe_versions(headcount, rivals_python):
    versions = {
        "headcount": first_line([headcount, "--version"]),
        "commit": first_line(["git", "describe", "--always", "--dirty"]),
        "compiler": first_line(["c++", "--version"]),
        "librdkafka": first_line(["pkg-config", "--modversion", "rdkafka"]),
        "java": first_line(["sh", "-c", "java -version 2>&1"]),
        "python": platform.python_version(),
    }
    if rivals_python:
        versions["rivals"] = first_line([rivals_python, "-c", (
            "import confluent_kafka as c, ujson, duckdb;"
            "print('confluent-kafka', c.__version__, 'on librdkafka', c.libversion()[0], '/ ujson', ujson.__version__,"
            "'/ duckdb', duckdb.__version__)")])
    return versions


def load_1m():
    return round(os.getloadavg()[0], 2)


def cpu_seconds(pid):
    """Of a process until now, user and system; None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
