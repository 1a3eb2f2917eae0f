"""A certificate authority that looks for its challenges in DNS: Pebble, asking our server."""

import datetime
import ipaddress
import json
import os
import pathlib
import socket
import subprocess
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PATIENCE = 60


def write_certificate(directory, *names):
    """Writes a certificate of its own making for these names and addresses, and its key; the paths of both."""
    def general_name(name):
        try:
            return x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            return x509.DNSName(name)

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
                   .add_extension(x509.SubjectAlternativeName([general_name(name) for name in names]), critical=False)
                   .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                   .sign(key, hashes.SHA256()))
    paths = directory / f"{names[0]}.pem", directory / f"{names[0]}.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
    return paths


class Authority:
    """Pebble, from Debian's package; ends with its `with` block. `url` is its directory, `certificate` vouches for it."""

    def __init__(self, directory, dns):
        self.log = open(directory / "pebble.log", "w")
        self.certificate, key = write_certificate(directory, "127.0.0.1")
        # It does not tell which ports the system has chosen, so it is told ones that were free a moment ago.
        for _ in range(5):
            ports = [free_port(), free_port()]
            config = {"listenAddress": f"127.0.0.1:{ports[0]}", "managementListenAddress": f"127.0.0.1:{ports[1]}",
                      "certificate": str(self.certificate), "privateKey": str(key), "httpPort": 9, "tlsPort": 9}
            (directory / "pebble.json").write_text(json.dumps({"pebble": config}))
            self.process = subprocess.Popen(
                ["pebble", "-config", str(directory / "pebble.json"), "-dnsserver", "{}:{}".format(*dns)],
                env={**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"},
                stdout=self.log, stderr=subprocess.STDOUT)
            self.url = f"https://127.0.0.1:{ports[0]}/dir"
            if self.listens(ports[0]):
                return
        raise SystemExit("Pebble did not start:\n" + (directory / "pebble.log").read_text())

    def listens(self, port):
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            except OSError:
                time.sleep(0.05)
        return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def names_of(certificate):
    """The names that the first certificate of a PEM file is for."""
    first = x509.load_pem_x509_certificates(pathlib.Path(certificate).read_bytes())[0]
    return sorted(first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName))
