"""lego, with the AWS SDK for Go, proves that a zone is ours to an authority that looks for the proof in our DNS.

That SDK takes its endpoint from no environment variable: it calls AWS's own, through a proxy that leads here.
"""

import pathlib
import subprocess
import sys
import tempfile

from authority import Authority, names_of, write_certificate
from checking import check, equal, run
from server import Server
from tunnel import Tunnel

AWS = "route53.amazonaws.com"
# Under that name only who can sign is heard.
KEYS = {"AWS_ACCESS_KEY_ID": "LEGO", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
CREDENTIALS = f"""\
credentials:
  - {{ access_key_id: {KEYS['AWS_ACCESS_KEY_ID']}, secret_access_key: {KEYS['AWS_SECRET_ACCESS_KEY']} }}
"""


class World:
    def __init__(self, server, authority, tunnel, aws_certificate, directory):
        self.server = server
        self.authority = authority
        self.tunnel = tunnel
        self.directory = directory
        self.environment = {**server.environment(), **KEYS, "LEGO_CA_CERTIFICATES": str(authority.certificate),
                            "HTTPS_PROXY": tunnel.url, "AWS_CA_BUNDLE": str(aws_certificate), "AWS_POLLING_INTERVAL": "1"}
        self.client = server.client(*KEYS.values())
        self.zone = self.client.create_hosted_zone(Name="lego.example", CallerReference="lego")["HostedZone"]["Id"]

    def certificate_for(self, *names):
        """What lego says, and whether it is content."""
        # The name servers of a zone here are nobody's, so lego must not look for them.
        command = ["lego", "--server", self.authority.url, "--accept-tos", "--email", "a@lego.example", "--path", str(self.directory),
                   "--dns", "route53", "--dns.disable-cp", "--dns.resolvers", "{}:{}".format(*self.server.dns)]
        for name in names:
            command += ["--domains", name]
        done = subprocess.run([*command, "run"], env=self.environment, capture_output=True, text=True, timeout=300)
        return done.returncode == 0, done.stdout + done.stderr


@check
def a_certificate_is_issued_for_names_that_dns_vouches_for(world):
    names = ["lego.example", "*.lego.example"]
    done, said = world.certificate_for(*names)
    assert done, said
    equal(names_of(world.directory / "certificates" / "lego.example.crt"), sorted(names))
    equal(world.tunnel.hosts, {f"{AWS}:443"})


@check
def challenges_are_gone_afterwards(world):
    listed = world.client.list_resource_record_sets(HostedZoneId=world.zone)["ResourceRecordSets"]
    equal(sorted(it["Type"] for it in listed), ["NS", "SOA"])
    equal(world.server.ask("_acme-challenge.lego.example", "TXT"), (3, []))


def main():
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        certificate, key = write_certificate(directory, AWS)
        credentials = directory / "credentials.yaml"
        credentials.write_text(CREDENTIALS)
        with Server(sys.argv[1], flags=["--credentials", str(credentials)]) as server, \
                Authority(directory, server.dns) as authority, Tunnel(server.api, certificate, key) as tunnel:
            sys.exit(1 if run(World(server, authority, tunnel, certificate, directory)) else 0)


main()
