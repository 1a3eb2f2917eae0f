"""A server of our own, and DNS questions to it."""

import json
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import tempfile
import time

PATIENCE = 60
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "TXT": 16, "AAAA": 28}


class Server:
    """Serves a directory of zone files; ends and cleans up with its `with` block."""

    def __init__(self, binary, files, flags=()):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="route53d-api-"))
        (self.directory / "zones").mkdir()
        for name, text in files.items():
            (self.directory / "zones" / name).write_text(text)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ROUTE53D_")}
        ready = self.directory / "ready.json"
        self.log = open(self.directory / "log", "w")
        self.process = subprocess.Popen(
            [binary, "serve", "--zones", str(self.directory / "zones"), "--dns", "127.0.0.1:0", "--admin", "127.0.0.1:0",
             "--api", "127.0.0.1:0", "--ready-file", str(ready), *flags],
            stdout=self.log, stderr=subprocess.STDOUT, env=environment)
        deadline = time.monotonic() + PATIENCE
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise SystemExit("the server did not start:\n" + (self.directory / "log").read_text())
            time.sleep(0.05)
        addresses = json.loads(ready.read_text())
        self.api = addresses["api"]
        host, port = addresses["dns"][0].rsplit(":", 1)
        self.dns = (host, int(port))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def ask(self, name, record_type):
        """The response code, and the RDATA of the answers: of an A record its address, else bytes."""
        identifier = random.randrange(65536)
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split("."))
        question = labels + b"\0" + struct.pack(">HH", TYPES[record_type], 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(10)
            sock.connect(self.dns)
            sock.send(struct.pack(">HHHHHH", identifier, 0x0100, 1, 0, 0, 0) + question)
            message = sock.recv(4096)
        got, flags, _, answers, _, _ = struct.unpack(">HHHHHH", message[:12])
        assert got == identifier
        at, values = 12 + len(question), []
        for _ in range(answers):
            while message[at] not in (0,) and message[at] < 0xC0:
                at += 1 + message[at]
            at += 2 if message[at] >= 0xC0 else 1
            its_type, _, _, length = struct.unpack(">HHIH", message[at:at + 10])
            data = message[at + 10:at + 10 + length]
            at += 10 + length
            if its_type == TYPES[record_type]:
                values.append(socket.inet_ntoa(data) if its_type == 1 else data)
        return flags & 15, sorted(values)
