"""A server of its own process, and what the system tells of it."""

import contextlib
import json
import os
import resource
import subprocess
import tempfile
import time

ZONES = """
hosted_zones:
- name: shop.example
  records:
  - { name: www, type: A, ttl: 60, values: ["192.0.2.1"] }
"""

KEYS = """
credentials: [{ access_key_id: AKID, secret_access_key: "0123456789abcdef" }]
"""

TICKS = os.sysconf("SC_CLK_TCK")


def raise_descriptors():
    """As many as this process and its children may have; says how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def until(what, is_so, seconds=20):
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError("waited %d s for this: %s" % (seconds, what))
        time.sleep(0.02)


class Server:
    def __init__(self, binary, flags=(), descriptors=None):
        self.directory = tempfile.TemporaryDirectory()
        path = self.directory.name
        os.mkdir(path + "/zones")
        with open(path + "/zones/zones.yaml", "w") as file:
            file.write(ZONES)
        with open(path + "/keys.yaml", "w") as file:
            file.write(KEYS)
        flags = [flag.format(directory=path) for flag in flags]
        ready = path + "/ready.json"
        command = [binary, "serve", "--zones", path + "/zones", "--dns", "127.0.0.1:0", "--dot", "127.0.0.1:0",
                   "--doh", "127.0.0.1:0", "--doq", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--api", "127.0.0.1:0", "--ready-file", ready, *flags]
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))) if descriptors else None
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("ROUTE53D_", "RUST_"))}
        self.log = open(path + "/log", "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env=environment, preexec_fn=limit)
        try:
            until("the server is ready", lambda: os.path.exists(ready) or self.process.poll() is not None)
            with open(ready) as file:
                addresses = json.load(file)
        except (AssertionError, OSError):
            self.end()
            raise
        port = lambda kind: int(addresses[kind][0].rsplit(":", 1)[1])
        self.dns, self.dot, self.doh, self.doq = port("dns"), port("dot"), port("doh"), port("doq")
        self.api, self.admin = (int(addresses[kind].rsplit(":", 1)[1]) for kind in ("api", "admin"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        with contextlib.suppress(OSError):
            self.directory.cleanup()

    def told(self):
        """The log so far."""
        with open(self.directory.name + "/log", errors="replace") as file:
            return file.read()

    def is_alive(self):
        return self.process.poll() is None

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def memory(self):
        """MiB resident."""
        with open("/proc/%d/statm" % self.process.pid) as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def cpu(self):
        """Seconds so far, of all threads."""
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
