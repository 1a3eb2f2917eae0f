"""certbot proves with its Route 53 plugin that a zone is ours, to an authority that looks for the proof in our DNS."""

import pathlib
import subprocess
import sys
import tempfile

from authority import Authority, names_of
from checking import check, equal, run
from server import Server


class World:
    def __init__(self, server, authority, directory):
        self.server = server
        self.directory = directory
        self.environment = {**server.environment(), "REQUESTS_CA_BUNDLE": str(authority.certificate)}
        self.client = server.client()
        self.zones = {name: self.client.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
                      for name in ("bot.example", "inner.bot.example")}
        self.url = authority.url

    def certonly(self, *names):
        """What certbot says, and whether it is content."""
        command = [str(pathlib.Path(sys.executable).parent / "certbot"), "certonly", "--dns-route53", "--non-interactive",
                   "--agree-tos", "--register-unsafely-without-email", "--server", self.url, "--cert-name", "checked"]
        for flag in ("--config-dir", "--work-dir", "--logs-dir"):
            command += [flag, str(self.directory / flag.strip("-"))]
        for name in names:
            command += ["--domain", name]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300)
        return done.returncode == 0, done.stdout + done.stderr

    def record_sets(self, zone):
        listed = self.client.list_resource_record_sets(HostedZoneId=self.zones[zone])["ResourceRecordSets"]
        return sorted(it["Type"] for it in listed)


@check
def a_certificate_is_issued_for_names_that_dns_vouches_for(world):
    # The first two have one name for their challenges, and so two values there at a time; the third has a zone of its own.
    names = ["bot.example", "*.bot.example", "www.inner.bot.example"]
    done, said = world.certonly(*names)
    assert done, said
    equal(names_of(world.directory / "config-dir" / "live" / "checked" / "fullchain.pem"), sorted(names))


@check
def challenges_are_gone_afterwards(world):
    equal(world.record_sets("bot.example"), ["NS", "SOA"])
    equal(world.record_sets("inner.bot.example"), ["NS", "SOA"])
    equal(world.server.ask("_acme-challenge.bot.example", "TXT"), (3, []))


@check
def a_name_of_no_zone_has_no_certificate(world):
    done, said = world.certonly("bot.elsewhere.example")
    assert not done and "Unable to find a Route53 hosted zone for _acme-challenge.bot.elsewhere.example" in said, said


def main():
    with tempfile.TemporaryDirectory() as name, Server(sys.argv[1]) as server:
        directory = pathlib.Path(name)
        with Authority(directory, server.dns) as authority:
            sys.exit(1 if run(World(server, authority, directory)) else 0)


main()
