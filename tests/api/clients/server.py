"""A server of our own, and DNS questions to it."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import boto3
import dns.edns
import dns.message
import dns.query
import dns.rdatatype
from botocore.config import Config

PATIENCE = 60


class Server:
    """Serves a directory of zone files; ends and cleans up with its `with` block."""

    def __init__(self, binary, files=(), flags=()):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="route53d-api-"))
        (self.directory / "zones").mkdir()
        for name, text in dict(files).items():
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

    def environment(self):
        """In which a client of AWS talks to this server, and knows nothing of whoever runs it."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**inherited, "AWS_ENDPOINT_URL": self.api, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any",
                "AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1", "AWS_PAGER": "",
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "DNS_SERVER": "{}:{}".format(*self.dns)}

    def client(self, key="any", secret="any", region="eu-central-1", attempts=1, **more):
        """A boto3 client of this server."""
        retries = Config(retries={"total_max_attempts": attempts, "mode": "standard"})
        return boto3.client("route53", endpoint_url=self.api, region_name=region, aws_access_key_id=key,
                            aws_secret_access_key=secret, config=retries, **more)

    def ask(self, name, record_type, subnet=None):
        """The response code, and the answers of this type as text; as a client of the network `subnet`, if one is given."""
        options = [dns.edns.ECSOption.from_text(subnet)] if subnet else None
        query = dns.message.make_query(name, record_type, use_edns=bool(subnet), options=options)
        response, _ = dns.query.udp_with_fallback(query, self.dns[0], 10, self.dns[1])
        wanted = dns.rdatatype.from_text(record_type)
        values = [value.to_text() for records in response.answer if records.rdtype == wanted for value in records]
        return int(response.rcode()), sorted(values)
