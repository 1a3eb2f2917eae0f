"""octoDNS plans and applies a zone of every kind of record that it knows for Route 53, and finds nothing left to do."""

import json
import pathlib
import subprocess
import sys
import tempfile

from checking import check, equal, run
from server import Server

HERE = pathlib.Path(__file__).resolve().parent
ZONE = "octo.example."
LONG = "0123456789" * 60
# Where the clients of these networks are.
PLACES = """\
client_locations:
  - { cidr: 198.18.1.0/24, country: ZA }
  - { cidr: 198.18.2.0/24, country: US, subdivision: CA }
  - { cidr: 198.18.3.0/24, country: DE }
  - { cidr: 198.18.4.0/24, country: JP }
"""
AFRICA, CALIFORNIA, GERMANY, JAPAN = (f"198.18.{number}.0/24" for number in range(1, 5))


class World:
    def __init__(self, server, directory):
        self.server = server
        self.plan = directory / "plan.json"
        self.zone_file = directory / "octo.example.yaml"
        self.zone_file.write_text((HERE / "zones" / "octo.example.yaml").read_text().replace("LONG", LONG))
        self.environment = {**server.environment(), "PLAN": str(self.plan), "ZONES": str(directory)}
        self.client = server.client()

    def sync(self, *flags):
        """The plan, {} if there is nothing to do; with --doit, what was done."""
        command = [str(pathlib.Path(sys.executable).parent / "octodns-sync"), "--config-file", str(HERE / "config.yaml"), *flags]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(self.plan.read_text()).get("route53", {}).get(ZONE, {})

    def edit(self, old, new):
        text = self.zone_file.read_text()
        assert text.count(old) == 1, old
        self.zone_file.write_text(text.replace(old, new))

    def ask(self, name, record_type, subnet=None):
        code, values = self.server.ask(f"{name}.octo.example".removeprefix("."), record_type, subnet)
        equal(code, 0)
        return values

    def health_checks(self):
        return [it for page in self.client.get_paginator("list_health_checks").paginate() for it in page["HealthChecks"]]


@check
def a_plan_changes_nothing(world):
    planned = world.sync()
    assert len(planned["changes"]) > 20, planned
    equal(world.client.list_hosted_zones()["HostedZones"], [])


@check
def an_applied_zone_has_nothing_left_to_do(world):
    world.sync("--doit")
    equal(world.sync(), {})
    equal(world.sync("--doit"), {})


@check
def records_of_every_type_are_answered(world):
    equal(world.ask("", "A"), ["192.0.2.1", "192.0.2.2"])
    equal(world.ask("", "CAA"), ['0 iodef "mailto:ca@octo.example"', '0 issue "ca.example"'])
    equal(world.ask("", "MX"), ["10 mail.octo.example.", "20 mail.other.example."])
    equal(world.ask("", "TXT"), ['"k=rsa; p=a/b+c=="', '"v=spf1 -all"'])
    equal(world.ask("any.wild", "A"), ["192.0.2.9"])
    equal(world.ask("any.wild.below", "CNAME"), ["octo.example."])
    equal(world.ask("_sip._tcp", "SRV"), ["1 2 5060 sip.octo.example."])
    equal(world.ask("aaaa", "AAAA"), ["2001:db8::1", "2001:db8::1:0:0:1"])
    equal(world.ask("alias", "A"), ["192.0.2.3"])
    equal(world.ask("cname", "CNAME"), ["www.octo.example."])
    equal(world.ask("_dmarc", "TXT"), ['"v=DMARC1; p=none"'])
    equal(world.ask("delegated", "DS"), ["20326 8 2 e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d"])
    equal("".join(world.ask("long", "TXT")[0].replace('"', "").split()), LONG)
    equal(world.ask("naptr", "NAPTR"), ['100 50 "U" "E2U+sip" "!^.*$!sip:a@octo.example!" .'])
    equal(world.ask("ptr", "PTR"), ["www.octo.example."])


@check
def dynamic_records_answer_by_place_health_and_weight(world):
    # The only value of Africa's pool is marked down: a check that is disabled and inverted.
    seen = {world.ask("geo", "A", AFRICA)[0] for _ in range(200)}
    equal(seen, {"127.0.0.13", "127.0.0.14"})
    equal(world.ask("geo", "A", CALIFORNIA), ["127.0.0.12"])
    equal({world.ask("geo", "A", GERMANY)[0] for _ in range(200)}, {"127.0.0.13", "127.0.0.14"})
    equal(world.ask("geo6", "AAAA", GERMANY), ["::1"])
    equal(world.ask("geo-name", "CNAME"), ["default.octo.example."])
    equal(world.ask("office", "A", "203.0.113.0/24"), ["127.0.0.21"])
    equal(world.ask("office", "A", "2001:db8:1:2::/64"), ["127.0.0.21"])
    equal(world.ask("office", "A", GERMANY), ["127.0.0.22"])


@check
def health_checks_are_as_octodns_asks_for_them(world):
    found = {it["CallerReference"].split(":")[2] + " " + it["HealthCheckConfig"].get("IPAddress", "-"): it["HealthCheckConfig"]
             for it in world.health_checks()}
    equal(sorted(found), ["geo-name.octo.example. -", "geo.octo.example. 127.0.0.11", "geo.octo.example. 127.0.0.13",
                          "geo.octo.example. 127.0.0.14", "geo6.octo.example. ::1"])
    of = found["geo.octo.example. 127.0.0.11"]
    equal((of["Type"], of["Port"], of["Disabled"], of["Inverted"], of["RequestInterval"], of["MeasureLatency"]),
          ("TCP", 9, True, True, 30, False))
    of = found["geo-name.octo.example. -"]
    equal((of["Type"], of["FullyQualifiedDomainName"], of["ResourcePath"], of["EnableSNI"]), ("HTTPS", "nowhere.octo.example.", "/_dns", True))


@check
def a_changed_file_changes_what_it_says_and_no_more(world):
    world.edit("www: { type: A, ttl: 60, value: 192.0.2.3 }", "www: { type: A, ttl: 60, value: 192.0.2.4 }")
    world.edit("ptr: { type: PTR, value: www.octo.example. }", "")
    world.edit("{ value: 127.0.0.11, status: down }", "{ value: 127.0.0.11, status: up }")
    # Other networks altogether: octoDNS never takes one out of a location, and Route 53 has each in one location only.
    world.edit("subnets: [203.0.113.0/24, '2001:db8:1::/48']", "subnets: [192.0.2.0/24]")
    planned = world.sync()
    equal(sorted(change["type"] for change in planned["changes"]), ["delete", "update", "update", "update"])
    world.sync("--doit")
    equal(world.sync(), {})
    equal(world.ask("www", "A"), ["192.0.2.4"])
    equal(world.ask("alias", "A"), ["192.0.2.4"])
    equal(world.server.ask("ptr.octo.example", "PTR")[0], 3)
    equal(world.ask("geo", "A", AFRICA), ["127.0.0.11"])
    equal(world.ask("office", "A", "203.0.113.0/24"), ["127.0.0.22"])
    equal(world.ask("office", "A", "192.0.2.0/25"), ["127.0.0.21"])
    # A value that is up has no health check, and the one that it had is gone.
    assert not any(it["HealthCheckConfig"].get("IPAddress") == "127.0.0.11" for it in world.health_checks())


def main():
    with Server(sys.argv[1], {"places.yaml": PLACES}) as server, tempfile.TemporaryDirectory() as directory:
        sys.exit(1 if run(World(server, pathlib.Path(directory))) else 0)


main()
