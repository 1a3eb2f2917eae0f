"""The checks. Each begins with what it says about the API."""

import base64
import hashlib
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid

from botocore.exceptions import ClientError

from authority import write_certificate
from checking import check, equal, run
from model import Checker
from server import Server

# What one zone file describes, beside what the API makes.
ZONES = """\
vpcs:
  - { id: vpc-0file, region: eu-west-1, cidrs: [10.9.0.0/16] }
health_checks:
  - { id: file-check, type: TCP, ip_address: 127.0.0.1, port: 9 }
client_locations:
  - { cidr: 198.18.1.0/24, country: US, subdivision: CA }
  - { cidr: 198.18.2.0/24, country: DE }
  - { cidr: 198.18.3.0/24, coordinates: { latitude: 38.9, longitude: -77.4 } }
  - { cidr: 198.18.4.0/24, coordinates: { latitude: 49.2, longitude: -74 } }
hosted_zones:
  - name: file.example
    records:
      - { name: www, type: A, ttl: 60, values: [192.0.2.7] }
"""

class World:
    def __init__(self, server):
        self.server = server
        self.client = server.client()
        self.checker = Checker(self.client)

    def zone(self, name, **more):
        created = self.client.create_hosted_zone(Name=name, CallerReference=str(uuid.uuid4()), **more)
        return created["HostedZone"]["Id"].removeprefix("/hostedzone/"), created

    def change(self, zone, *changes, **more):
        batch = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
        return self.client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": batch, **more})

    def records(self, zone, size=None):
        pages = self.client.get_paginator("list_resource_record_sets")
        config = {"PageSize": size} if size else {}
        return [record for page in pages.paginate(HostedZoneId=zone, PaginationConfig=config)
                for record in page["ResourceRecordSets"]]

    def aws(self, *arguments):
        command = [str(pathlib.Path(sys.executable).parent / "aws"), "route53", *arguments, "--output", "json"]
        done = subprocess.run(command, env=self.server.environment(), capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise AssertionError(f"{' '.join(arguments)}: {done.stderr}")
        return json.loads(done.stdout or "{}")


def a(name, *addresses, **more):
    return {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": it} for it in addresses], **more}


def refused(code, call, *arguments, **named):
    """The message of the error that a call must give."""
    try:
        call(*arguments, **named)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response["Error"]["Message"]
    raise AssertionError(f"no {code}")


@check
def the_errors_of_each_operation_are_those_of_the_model(world):
    source = (pathlib.Path(__file__).parents[4] / "src/api/operation_errors.rs").read_text()
    rows = re.findall(r"Operation::(\w+) => \{?\s*&\[(.*?)\]", source, re.DOTALL)
    ours = {operation: set(re.findall(r'"(\w+)"', codes)) for operation, codes in rows}
    model = world.client.meta.service_model
    theirs = {name: {shape.error_code for shape in model.operation_model(name).error_shapes} for name in model.operation_names}
    assert ours.keys() <= theirs.keys(), ours.keys() - theirs.keys()
    for operation, codes in ours.items():
        equal((operation, codes), (operation, theirs[operation]))


@check
def zones_come_and_go(world):
    zone, created = world.zone("Shop.Example", HostedZoneConfig={"Comment": "a & b"})
    hosted = created["HostedZone"]
    equal((hosted["Name"], hosted["Config"], hosted["ResourceRecordSetCount"]),
          ("shop.example.", {"Comment": "a & b", "PrivateZone": False}, 2))
    assert "Id" not in created["DelegationSet"] and len(created["DelegationSet"]["NameServers"]) == 4
    assert created["Location"].endswith(f"/hostedzone/{zone}")
    equal(created["ChangeInfo"]["Status"], "PENDING")
    began = time.monotonic()
    world.client.get_waiter("resource_record_sets_changed").wait(Id=created["ChangeInfo"]["Id"])
    assert time.monotonic() - began < 5, "the waiter has slept"
    equal(world.server.ask("shop.example", "SOA")[0], 0)
    got = world.client.get_hosted_zone(Id=f"/hostedzone/{zone}")
    equal(got["DelegationSet"], created["DelegationSet"])
    equal(world.client.update_hosted_zone_comment(Id=zone, Comment="b")["HostedZone"]["Config"]["Comment"], "b")
    # botocore sends no body at all.
    equal(world.client.update_hosted_zone_comment(Id=zone)["HostedZone"]["Config"], {"PrivateZone": False})
    reference = hosted["CallerReference"]
    world.client.delete_hosted_zone(Id=zone)
    equal(refused("NoSuchHostedZone", world.client.get_hosted_zone, Id=zone), f"No hosted zone found with ID: {zone}")
    message = refused("HostedZoneAlreadyExists", world.client.create_hosted_zone, Name="other.example", CallerReference=reference)
    equal(message, "A hosted zone has already been created with the specified caller reference.")
    refused("NoSuchChange", world.client.get_change, Id="C0000000000")
    refused("InvalidDomainName", world.client.create_hosted_zone, Name="a..b", CallerReference="x")
    equal(world.server.ask("shop.example", "SOA")[0], 5)


@check
def zones_are_listed_in_pages(world):
    zones = sorted(world.zone(f"list{number}.example")[0] for number in range(5))
    pages = list(world.client.get_paginator("list_hosted_zones").paginate(PaginationConfig={"PageSize": 2}))
    listed = [zone["Id"].removeprefix("/hostedzone/") for page in pages for zone in page["HostedZones"]]
    equal(listed, sorted(listed))
    assert set(zones) <= set(listed) and all(len(page["HostedZones"]) <= 2 for page in pages)
    equal(world.client.get_hosted_zone_count()["HostedZoneCount"], len(listed))
    names, start = [], {"DNSName": "list1.example"}
    while start:
        page = world.client.list_hosted_zones_by_name(MaxItems="2", **start)
        names += [zone["Name"] for zone in page["HostedZones"]]
        start = {"DNSName": page["NextDNSName"], "HostedZoneId": page["NextHostedZoneId"]} if page["IsTruncated"] else None
    equal(names[:4], [f"list{number}.example." for number in range(1, 5)])
    refused("InvalidInput", world.client.list_hosted_zones_by_name, HostedZoneId=zones[0])
    refused("InvalidInput", world.client.list_hosted_zones, MaxItems="many")
    for zone in zones:
        world.client.delete_hosted_zone(Id=zone)


@check
def records_are_answered_at_once(world):
    zone, _ = world.zone("records.example")
    change = world.change(zone, ("CREATE", a("www.records.example", "192.0.2.1", "192.0.2.2")), Comment="first")
    equal(change["ChangeInfo"]["Comment"], "first")
    equal(world.client.get_change(Id=change["ChangeInfo"]["Id"])["ChangeInfo"]["Status"], "INSYNC")
    equal(world.server.ask("www.records.example", "A"), (0, ["192.0.2.1", "192.0.2.2"]))
    world.change(zone, ("UPSERT", a("WWW.records.example.", "192.0.2.3")))
    equal(world.server.ask("www.records.example", "A"), (0, ["192.0.2.3"]))
    tested = world.client.test_dns_answer(HostedZoneId=zone, RecordName="www.records.example", RecordType="A")
    equal((tested["RecordData"], tested["ResponseCode"]), (["192.0.2.3"], "NOERROR"))
    world.change(zone, ("DELETE", a("www.records.example", "192.0.2.3")))
    equal(world.server.ask("www.records.example", "A")[0], 3)
    world.client.delete_hosted_zone(Id=zone)


@check
def a_batch_says_everything_that_is_wrong_with_it(world):
    zone, _ = world.zone("batch.example")
    world.change(zone, ("CREATE", a("b.batch.example", "192.0.2.1")))
    before = world.records(zone)
    cases = [
        ([("CREATE", a("b.batch.example", "192.0.2.1"))],
         "[Tried to create resource record set [name='b.batch.example.', type='A'] but it already exists]"),
        ([("DELETE", a("c.batch.example", "192.0.2.1")), ("CREATE", a("b.batch.example", "192.0.2.1"))],
         "[Tried to delete resource record set [name='c.batch.example.', type='A'] but it was not found, "
         "Tried to create resource record set [name='b.batch.example.', type='A'] but it already exists]"),
        ([("DELETE", a("b.batch.example", "192.0.2.2"))],
         "[Tried to delete resource record set [name='b.batch.example.', type='A'] but the values provided do not match "
         "the current values]"),
        ([("CREATE", a("b.other.example", "192.0.2.2"))],
         "[RRSet with DNS name b.other.example. is not permitted in zone batch.example.]"),
        ([("CREATE", a("d.batch.example", "x"))],
         "[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) "
         "encountered with 'x'']"),
        ([("UPSERT", a("*.batch.example", "192.0.2.2")), ("UPSERT", a("\\052.batch.example", "192.0.2.2"))],
         "[The request contains an invalid set of changes for a resource record set 'A \\052.batch.example.']"),
        ([("CREATE", {"Name": "b.batch.example", "Type": "CNAME", "TTL": 1, "ResourceRecords": [{"Value": "a.example"}]})],
         "[RRSet of type CNAME with DNS name b.batch.example. is not permitted as it conflicts with other records with the "
         "same DNS name in zone batch.example.]"),
        ([("CREATE", {"Name": "batch.example", "Type": "CNAME", "TTL": 1, "ResourceRecords": [{"Value": "a.example"}]})],
         "[RRSet of type CNAME with DNS name batch.example. is not permitted at apex in zone batch.example.]"),
        ([("DELETE", record) for record in before if record["Type"] in ("NS", "SOA")],
         "[A HostedZone must contain at least one NS record for the zone itself., "
         "A HostedZone must contain exactly one SOA record.]"),
        ([("CREATE", {"Name": "e.batch.example", "Type": "A", "AliasTarget":
          {"DNSName": "f.other.example", "EvaluateTargetHealth": False, "HostedZoneId": f"/hostedzone/{zone}"}})],
         f"[Tried to create an alias that targets f.other.example., type A in zone {zone}, but the alias target name does "
         f"not lie within the target zone, Tried to create an alias that targets f.other.example., type A in zone {zone}, "
         "but that target was not found]"),
        ([("CREATE", a("d.batch.example", "192.0.2.13", "192.0.2.13"))], "[Duplicate Resource Record: '192.0.2.13']"),
        ([("CREATE", a("b.batch.example", "192.0.2.9", SetIdentifier="one", Weight=1))],
         "[RRSet with DNS name b.batch.example., type A, SetIdentifier one cannot be created as a non-weighted set exists "
         "with the same name and type.]"),
        ([("UPSERT", a(f"n{number}.batch.example", "192.0.2.1")) for number in range(501)],
         "[Number of records limit of 1000 exceeded.]"),
    ]
    for changes, message in cases:
        equal(refused("InvalidChangeBatch", world.change, zone, *changes), message)
    equal(refused("InvalidInput", world.change, zone, ("CREATE", {"Name": "x", "Type": "CNAME"})),
          "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
          "TrafficPolicyInstanceId], but found none in Change with [Action=CREATE, Name=x, Type=CNAME, SetIdentifier=null]")
    equal(refused("NoSuchHostedZone", world.change, "Z00000000000000000000", ("CREATE", {"Name": "x", "Type": "CNAME"})),
          "No hosted zone found with ID: Z00000000000000000000")
    equal(world.records(zone), before)
    # Changes see what the ones before them did.
    world.change(zone, ("DELETE", a("b.batch.example", "192.0.2.1")),
                 ("CREATE", {"Name": "b.batch.example", "Type": "CNAME", "TTL": 1, "ResourceRecords": [{"Value": "a.example"}]}))
    equal(refused("HostedZoneNotEmpty", world.client.delete_hosted_zone, Id=zone),
          "The specified hosted zone contains non-required resource record sets and so cannot be deleted.")


@check
def every_policy_comes_back_as_it_was_sent(world):
    zone, _ = world.zone("policy.example")
    health = world.client.create_health_check(CallerReference="policy", HealthCheckConfig={
        "Type": "TCP", "IPAddress": "127.0.0.1", "Port": 9})["HealthCheck"]["Id"]
    collection = world.client.create_cidr_collection(Name="policy", CallerReference="policy")["Collection"]
    world.client.change_cidr_collection(Id=collection["Id"], CollectionVersion=1, Changes=[
        {"LocationName": "office", "Action": "PUT", "CidrList": ["198.51.100.0/24"]}])
    sets = [
        a("cidr.policy.example.", "192.0.2.1", SetIdentifier="a", CidrRoutingConfig={"CollectionId": collection["Id"], "LocationName": "*"}),
        a("cidr.policy.example.", "192.0.2.2", SetIdentifier="b", CidrRoutingConfig={"CollectionId": collection["Id"], "LocationName": "office"}),
        a("failover.policy.example.", "192.0.2.1", SetIdentifier="a", Failover="PRIMARY", HealthCheckId=health),
        a("failover.policy.example.", "192.0.2.2", SetIdentifier="b", Failover="SECONDARY"),
        a("geo.policy.example.", "192.0.2.1", SetIdentifier="a", GeoLocation={"CountryCode": "*"}),
        a("geo.policy.example.", "192.0.2.2", SetIdentifier="b", GeoLocation={"ContinentCode": "EU"}),
        a("geo.policy.example.", "192.0.2.3", SetIdentifier="c", GeoLocation={"CountryCode": "US", "SubdivisionCode": "CA"}),
        a("latency.policy.example.", "192.0.2.1", SetIdentifier="a", Region="eu-west-1"),
        a("multi.policy.example.", "192.0.2.1", SetIdentifier="a", MultiValueAnswer=True),
        a("near.policy.example.", "192.0.2.1", SetIdentifier="a", GeoProximityLocation={"AWSRegion": "us-east-1", "Bias": -5}),
        a("near.policy.example.", "192.0.2.2", SetIdentifier="b", GeoProximityLocation={"Coordinates": {"Latitude": "49.22", "Longitude": "-74.01"}, "Bias": 0}),
        a("weight.policy.example.", "192.0.2.1", SetIdentifier="a", Weight=0),
        a("weight.policy.example.", "192.0.2.2", SetIdentifier="b", Weight=255),
        {"Name": "www.policy.example.", "Type": "A", "AliasTarget": {
            "HostedZoneId": zone, "DNSName": "weight.policy.example.", "EvaluateTargetHealth": True}},
    ]
    world.change(zone, *[("CREATE", record) for record in sets])
    equal([record for record in world.records(zone) if record["Name"] != "policy.example."], sets)
    for name, subnet, address in [("cidr", "198.51.100.0/24", 2), ("cidr", "203.0.113.0/24", 1), ("failover", None, 1),
                                  ("geo", "198.18.1.0/24", 3), ("geo", "198.18.2.0/24", 2), ("geo", None, 1),
                                  ("latency", None, 1), ("multi", None, 1), ("near", "198.18.3.0/24", 1),
                                  ("near", "198.18.4.0/24", 2), ("weight", None, 2), ("www", None, 2)]:
        found = world.server.ask(f"{name}.policy.example", "A", subnet)
        equal((name, subnet, found), (name, subnet, (0, [f"192.0.2.{address}"])))
    equal(refused("InvalidChangeBatch", world.change, zone, ("CREATE", a("latency.policy.example", "192.0.2.1", SetIdentifier="S", Region="eu-west-1"))),
          "[RRSet with DNS name latency.policy.example., type A, SetIdentifier S, and Region Name=eu-west-1 cannot be created "
          "because a latency RRSet with the same name, type and region already exists.]")
    refused("NoSuchHealthCheck", world.change, zone, ("CREATE", a("x.policy.example", "192.0.2.1", HealthCheckId=str(uuid.uuid4()))))
    refused("CidrBlockInUseException", world.client.change_cidr_collection, Id=collection["Id"], Changes=[
        {"LocationName": "office", "Action": "DELETE_IF_EXISTS", "CidrList": ["198.51.100.0/24"]}])
    world.change(zone, *[("DELETE", record) for record in reversed(sets)])
    world.client.delete_hosted_zone(Id=zone)
    world.client.delete_health_check(HealthCheckId=health)


@check
def pages_of_every_size_are_one_list(world):
    zone, _ = world.zone("pages.example")
    names = ["a-b", "a", "x.a", "*", "b!", "0", "\\100", "z.z"]
    world.change(zone, *[("CREATE", a(f"{name}.pages.example", "192.0.2.1", SetIdentifier=identifier, Weight=1))
                         for name in names for identifier in "cba"])
    whole = world.records(zone)
    equal(len(whole), 26)
    # N-9: labels from the right, each with its dot.
    equal([record["Name"] for record in whole if record.get("SetIdentifier") == "a"],
          [f"{name}.pages.example." for name in ["\\052", "0", "\\100", "a-b", "a", "x.a", "b\\041", "z.z"]])
    for size in range(1, 30):
        equal(world.records(zone, size), whole)
    # The start is a position, in the zone or not.
    first = world.client.list_resource_record_sets(HostedZoneId=zone, StartRecordName="a-c.pages.example")["ResourceRecordSets"][0]
    equal(first["Name"], "a.pages.example.")
    equal(world.client.list_resource_record_sets(HostedZoneId=zone)["MaxItems"], "100")
    equal(world.client.list_resource_record_sets(HostedZoneId=zone, MaxItems="500")["MaxItems"], "300")
    refused("InvalidInput", world.client.list_resource_record_sets, HostedZoneId=zone, StartRecordType="A")


@check
def private_zones_are_seen_by_their_vpcs(world):
    vpc = {"VPCRegion": "us-west-2", "VPCId": "vpc-0new"}
    message = refused("InvalidInput", world.client.create_hosted_zone, Name="private.example", CallerReference="p0",
                      HostedZoneConfig={"PrivateZone": True})
    equal(message, "When you're creating a private hosted zone (when you specify true for PrivateZone), you must also "
          "specify values for VPCId and VPCRegion.")
    zone, created = world.zone("private.example", VPC=vpc)
    equal((created["VPC"], created["HostedZone"]["Config"]), (vpc, {"PrivateZone": True}))
    assert "DelegationSet" not in created
    equal(world.records(zone)[0]["ResourceRecords"][0]["Value"], "ns-1536.awsdns-00.co.uk.")
    of_file = {"VPCRegion": "eu-west-1", "VPCId": "vpc-0file"}
    world.client.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=of_file, Comment="too")
    equal(world.client.get_hosted_zone(Id=zone)["VPCs"], [of_file, vpc])
    summaries = world.client.list_hosted_zones_by_vpc(VPCId="vpc-0file", VPCRegion="eu-west-1")["HostedZoneSummaries"]
    equal([(it["HostedZoneId"], it["Name"]) for it in summaries], [(zone, "private.example.")])
    equal(world.server.ask("private.example", "SOA", "10.9.1.0/24")[0], 0)
    equal(world.server.ask("private.example", "SOA")[0], 5)
    message = refused("ConflictingDomainExists", world.client.create_hosted_zone, Name="private.example", CallerReference="p1", VPC=vpc)
    equal(message, "The VPC that you chose, vpc-0new in region us-west-2, is already associated with another private hosted "
          "zone that has an overlapping name space, private.example..")
    world.client.disassociate_vpc_from_hosted_zone(HostedZoneId=zone, VPC=vpc)
    refused("LastVPCAssociation", world.client.disassociate_vpc_from_hosted_zone, HostedZoneId=zone, VPC=of_file)
    refused("VPCAssociationNotFound", world.client.disassociate_vpc_from_hosted_zone, HostedZoneId=zone, VPC=vpc)
    authorized = world.client.create_vpc_association_authorization(HostedZoneId=zone, VPC=vpc)
    equal((authorized["HostedZoneId"], authorized["VPC"]), (zone, vpc))
    equal(world.client.list_vpc_association_authorizations(HostedZoneId=zone)["VPCs"], [vpc])
    world.client.delete_vpc_association_authorization(HostedZoneId=zone, VPC=vpc)
    refused("VPCAssociationAuthorizationNotFound", world.client.delete_vpc_association_authorization, HostedZoneId=zone, VPC=vpc)
    refused("InvalidPaginationToken", world.client.list_vpc_association_authorizations, HostedZoneId=zone, NextToken="?")
    public, _ = world.zone("public.example")
    equal(refused("PublicZoneVPCAssociation", world.client.associate_vpc_with_hosted_zone, HostedZoneId=public, VPC=vpc),
          f"Attempting to associate public zone: {public} with vpc: vpc-0new")
    refused("InvalidVPCId", world.client.associate_vpc_with_hosted_zone, HostedZoneId=zone, VPC={"VPCRegion": "us-west-2", "VPCId": "none"})
    equal(world.client.get_hosted_zone_limit(HostedZoneId=zone, Type="MAX_VPCS_ASSOCIATED_BY_ZONE")["Count"], 1)
    refused("HostedZoneNotPrivate", world.client.get_hosted_zone_limit, HostedZoneId=public, Type="MAX_VPCS_ASSOCIATED_BY_ZONE")
    # Z-2: the first of one name is asked, the second is there.
    again, _ = world.zone("public.example")
    txt = {"Name": "public.example", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"again"'}]}
    world.change(again, ("CREATE", txt))
    answer = world.client.test_dns_answer(HostedZoneId=again, RecordName="public.example", RecordType="TXT")
    equal(answer["RecordData"], ['"again"'])
    equal(world.client.test_dns_answer(HostedZoneId=public, RecordName="public.example", RecordType="TXT")["RecordData"], [])
    equal(world.server.ask("public.example", "TXT")[1], [])
    world.client.delete_hosted_zone(Id=public)
    equal(len(world.server.ask("public.example", "TXT")[1]), 1)
    world.change(again, ("DELETE", txt))
    world.client.delete_hosted_zone(Id=again)
    world.client.delete_hosted_zone(Id=zone)


@check
def health_checks_have_versions_and_are_watched(world):
    config = {"Type": "HTTP", "FullyQualifiedDomainName": "localhost", "IPAddress": "127.0.0.1", "Port": 9, "RequestInterval": 10}
    created = world.client.create_health_check(CallerReference="hc", HealthCheckConfig=config)
    check_ = created["HealthCheck"]
    equal(check_["HealthCheckConfig"], {**config, "FailureThreshold": 3, "MeasureLatency": False, "Inverted": False,
                                        "Disabled": False, "EnableSNI": False})
    equal(check_["HealthCheckVersion"], 1)
    again = world.client.create_health_check(CallerReference="hc", HealthCheckConfig=config)
    equal(again["HealthCheck"]["Id"], check_["Id"])
    refused("HealthCheckAlreadyExists", world.client.create_health_check, CallerReference="hc", HealthCheckConfig={**config, "Port": 10})
    changed = world.client.update_health_check(HealthCheckId=check_["Id"], HealthCheckVersion=1, Inverted=True, Port=8)["HealthCheck"]
    equal((changed["HealthCheckVersion"], changed["HealthCheckConfig"]["Inverted"], changed["HealthCheckConfig"]["Port"]), (2, True, 8))
    refused("HealthCheckVersionMismatch", world.client.update_health_check, HealthCheckId=check_["Id"], HealthCheckVersion=1, Inverted=False)
    reset = world.client.update_health_check(HealthCheckId=check_["Id"], Inverted=False, ResetElements=["FullyQualifiedDomainName"])
    equal((reset["HealthCheck"]["HealthCheckVersion"], "FullyQualifiedDomainName" in reset["HealthCheck"]["HealthCheckConfig"]), (3, False))
    deadline = time.monotonic() + 60
    while True:
        found = world.client.get_health_check_last_failure_reason(HealthCheckId=check_["Id"])["HealthCheckObservations"]
        if found:
            break
        assert time.monotonic() < deadline, "no checker has found a failure"
        time.sleep(0.2)
    assert found[0]["StatusReport"]["Status"].startswith("Failure: "), found
    assert world.client.get_health_check_status(HealthCheckId=check_["Id"])["HealthCheckObservations"]
    equal(world.client.get_health_check(HealthCheckId=check_["Id"])["HealthCheck"], reset["HealthCheck"])
    calculated = world.client.create_health_check(CallerReference="calculated", HealthCheckConfig={
        "Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": [check_["Id"], "file-check"]})["HealthCheck"]
    equal(calculated["HealthCheckConfig"]["ChildHealthChecks"], [check_["Id"], "file-check"])
    refused("InvalidInput", world.client.get_health_check_status, HealthCheckId=calculated["Id"])
    equal(refused("InvalidInput", world.client.create_health_check, CallerReference="basic", HealthCheckConfig={
        **config, "AlarmIdentifier": {"Region": "us-east-1", "Name": "x"}}),
        "Invalid parameter : Basic health checks must not have an metric region specified.")
    listed = [it["Id"] for page in world.client.get_paginator("list_health_checks").paginate(PaginationConfig={"PageSize": 1})
              for it in page["HealthChecks"]]
    assert {check_["Id"], calculated["Id"], "file-check"} <= set(listed) and listed == sorted(listed)
    equal(world.client.get_health_check_count()["HealthCheckCount"], len(listed))
    world.client.delete_health_check(HealthCheckId=calculated["Id"])
    world.client.delete_health_check(HealthCheckId=check_["Id"])
    refused("NoSuchHealthCheck", world.client.get_health_check, HealthCheckId=check_["Id"])
    equal(world.client.get_checker_ip_ranges()["CheckerIpRanges"], ["15.177.0.0/18"])


@check
def tags_are_kept(world):
    zone, _ = world.zone("tags.example")
    world.client.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone,
                                          AddTags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}])
    world.client.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone, RemoveTagKeys=["b", "c"])
    tags = {"ResourceType": "hostedzone", "ResourceId": zone, "Tags": [{"Key": "a", "Value": "1"}]}
    equal(world.client.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone)["ResourceTagSet"], tags)
    several = world.client.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[zone])
    equal(several["ResourceTagSets"], [tags])
    equal(refused("InvalidInput", world.client.list_tags_for_resource, ResourceType="hostedzone", ResourceId=f"/hostedzone/{zone}"),
          f"1 validation error detected: Value '/hostedzone/{zone}' at 'resourceId' failed to satisfy constraint: Member must "
          "have length less than or equal to 32")
    refused("NoSuchHostedZone", world.client.list_tags_for_resource, ResourceType="hostedzone", ResourceId="Z1")
    refused("NoSuchHealthCheck", world.client.list_tags_for_resource, ResourceType="healthcheck", ResourceId=str(uuid.uuid4()))
    world.client.delete_hosted_zone(Id=zone)


@check
def places_and_limits_are_told(world):
    locations, start = [], {}
    while start is not None:
        page = world.client.list_geo_locations(MaxItems="70", **start)
        locations += page["GeoLocationDetailsList"]
        keys = {"StartContinentCode": "NextContinentCode", "StartCountryCode": "NextCountryCode", "StartSubdivisionCode": "NextSubdivisionCode"}
        start = {key: page[value] for key, value in keys.items() if value in page} if page["IsTruncated"] else None
    equal(locations[0], {"CountryCode": "*", "CountryName": "Default"})
    equal(locations[-1]["ContinentCode"], "SA")
    assert len(locations) > 290 and len({json.dumps(it) for it in locations}) == len(locations)
    equal(world.client.get_geo_location(CountryCode="US", SubdivisionCode="VA")["GeoLocationDetails"]["SubdivisionName"], "Virginia")
    refused("NoSuchGeoLocation", world.client.get_geo_location, CountryCode="ZZ")
    equal(world.client.get_account_limit(Type="MAX_HOSTED_ZONES_BY_OWNER")["Limit"], {"Type": "MAX_HOSTED_ZONES_BY_OWNER", "Value": 500})


@check
def networks_of_clients_have_collections(world):
    created = world.client.create_cidr_collection(Name="offices", CallerReference="cidr")["Collection"]
    equal(created["Arn"], f"arn:aws:route53:::cidrcollection/{created['Id']}")
    equal(world.client.create_cidr_collection(Name="offices", CallerReference="cidr")["Collection"]["Id"], created["Id"])
    refused("CidrCollectionAlreadyExistsException", world.client.create_cidr_collection, Name="offices", CallerReference="other")
    put = [{"LocationName": name, "Action": "PUT", "CidrList": networks} for name, networks in
           [("berlin", ["198.51.100.0/24", "2001:db8::/48"]), ("paris", ["203.0.113.0/24"])]]
    assert world.client.change_cidr_collection(Id=created["Id"], CollectionVersion=1, Changes=put)["Id"]
    refused("CidrCollectionVersionMismatchException", world.client.change_cidr_collection, Id=created["Id"], CollectionVersion=1, Changes=put)
    refused("CidrBlockInUseException", world.client.change_cidr_collection, Id=created["Id"], Changes=[
        {"LocationName": "rome", "Action": "PUT", "CidrList": ["203.0.113.0/24"]}])
    pages = world.client.get_paginator("list_cidr_blocks").paginate(CollectionId=created["Id"], PaginationConfig={"PageSize": 1})
    equal([(it["CidrBlock"], it["LocationName"]) for page in pages for it in page["CidrBlocks"]],
          [("198.51.100.0/24", "berlin"), ("2001:db8::/48", "berlin"), ("203.0.113.0/24", "paris")])
    equal([it["CidrBlock"] for it in world.client.list_cidr_blocks(CollectionId=created["Id"], LocationName="paris")["CidrBlocks"]], ["203.0.113.0/24"])
    refused("NoSuchCidrLocationException", world.client.list_cidr_blocks, CollectionId=created["Id"], LocationName="rome")
    pages = world.client.get_paginator("list_cidr_locations").paginate(CollectionId=created["Id"], PaginationConfig={"PageSize": 1})
    equal([it["LocationName"] for page in pages for it in page["CidrLocations"]], ["berlin", "paris"])
    listed = [it for page in world.client.get_paginator("list_cidr_collections").paginate() for it in page["CidrCollections"]]
    assert (created["Id"], 2) in [(it["Id"], it["Version"]) for it in listed]
    refused("CidrCollectionInUseException", world.client.delete_cidr_collection, Id=created["Id"])
    world.client.change_cidr_collection(Id=created["Id"], Changes=[{**it, "Action": "DELETE_IF_EXISTS"} for it in put])
    world.client.delete_cidr_collection(Id=created["Id"])
    refused("NoSuchCidrCollectionException", world.client.list_cidr_locations, CollectionId=created["Id"])


@check
def delegation_sets_are_shared(world):
    created = world.client.create_reusable_delegation_set(CallerReference="set")
    set_ = created["DelegationSet"]
    bare = set_["Id"].removeprefix("/delegationset/")
    assert set_["Id"] != bare and created["Location"].endswith(f"/delegationset/{bare}")
    zone, made = world.zone("shared.example", DelegationSetId=set_["Id"])
    equal(made["DelegationSet"]["NameServers"], set_["NameServers"])
    equal(world.client.get_hosted_zone(Id=zone)["DelegationSet"]["Id"], set_["Id"])
    equal([it["Id"] for it in world.client.list_hosted_zones(DelegationSetId=bare)["HostedZones"]], [f"/hostedzone/{zone}"])
    equal(world.client.get_reusable_delegation_set(Id=bare)["DelegationSet"], set_)
    equal(world.client.get_reusable_delegation_set_limit(DelegationSetId=bare, Type="MAX_ZONES_BY_REUSABLE_DELEGATION_SET")["Count"], 1)
    equal(refused("DelegationSetInUse", world.client.delete_reusable_delegation_set, Id=bare),
          "The specified delegation set contains associated hosted zones.")
    refused("DelegationSetAlreadyCreated", world.client.create_reusable_delegation_set, CallerReference="set")
    of_zone, made = world.zone("own.example")
    marked = world.client.create_reusable_delegation_set(CallerReference="own", HostedZoneId=of_zone)["DelegationSet"]
    equal(marked["NameServers"], made["DelegationSet"]["NameServers"])
    refused("DelegationSetAlreadyReusable", world.client.create_reusable_delegation_set, CallerReference="own2", HostedZoneId=of_zone)
    equal(sorted(it["Id"] for it in world.client.list_reusable_delegation_sets()["DelegationSets"]), sorted([set_["Id"], marked["Id"]]))
    for it in (zone, of_zone):
        world.client.delete_hosted_zone(Id=it)
    world.client.delete_reusable_delegation_set(Id=bare)
    refused("NoSuchDelegationSet", world.client.get_reusable_delegation_set, Id=bare)


@check
def what_files_describe_is_read_here_and_changed_there(world):
    zones = world.client.list_hosted_zones_by_name(DNSName="file.example", MaxItems="1")["HostedZones"]
    zone = zones[0]["Id"]
    equal(zones[0]["Name"], "file.example.")
    message = refused("AccessDenied", world.change, zone, ("UPSERT", a("www.file.example", "192.0.2.1")))
    assert "zones.yaml" in message, message
    refused("AccessDenied", world.client.delete_hosted_zone, Id=zone)
    refused("AccessDenied", world.client.delete_health_check, HealthCheckId="file-check")
    # A reload brings what files say, and leaves the rest.
    kept, _ = world.zone("kept.example")
    world.change(kept, ("CREATE", a("www.kept.example", "192.0.2.8")))
    path = world.server.directory / "zones" / "zones.yaml"
    path.write_text(path.read_text().replace("192.0.2.7", "192.0.2.77"))
    deadline = time.monotonic() + 60
    while world.server.ask("www.file.example", "A") != (0, ["192.0.2.77"]):
        assert time.monotonic() < deadline, "the file was not loaded anew"
        time.sleep(0.05)
    equal(world.server.ask("www.kept.example", "A"), (0, ["192.0.2.8"]))
    equal(len(world.records(kept)), 3)


@check
def the_aws_cli_works_unchanged(world):
    created = world.aws("create-hosted-zone", "--name", "cli.example", "--caller-reference", "cli")
    zone = created["HostedZone"]["Id"]
    # In an order that no schema would allow.
    batch = {"Comment": "by hand", "Changes": [{"ResourceRecordSet": {"ResourceRecords": [{"Value": "\"a\" \"b\""}], "TTL": 5,
             "Type": "TXT", "Name": "*.cli.example"}, "Action": "UPSERT"}]}
    change = world.aws("change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", json.dumps(batch))
    world.aws("wait", "resource-record-sets-changed", "--id", change["ChangeInfo"]["Id"])
    listed = world.aws("list-resource-record-sets", "--hosted-zone-id", zone, "--query", "ResourceRecordSets[?Type=='TXT']")
    equal(listed, [{"Name": "\\052.cli.example.", "Type": "TXT", "TTL": 5, "ResourceRecords": [{"Value": "\"a\" \"b\""}]}])
    equal(world.server.ask("x.cli.example", "TXT"), (0, ['"a" "b"']))
    assert any(it["Id"] == zone for it in world.aws("list-hosted-zones")["HostedZones"])
    tested = world.aws("test-dns-answer", "--hosted-zone-id", zone, "--record-name", "x.cli.example", "--record-type", "TXT")
    equal(tested["RecordData"], ["\"a\" \"b\""])


@check
def key_signing_keys_are_real_keys(world):
    zone, _ = world.zone("signed.example")
    arn = "arn:aws:kms:us-east-1:000000000000:key/"
    created = world.client.create_key_signing_key(HostedZoneId=f"/hostedzone/{zone}", Name="first", Status="ACTIVE",
                                                  KeyManagementServiceArn=f"{arn}1", CallerReference="k")
    key = created["KeySigningKey"]
    rdata = struct.pack("!HBB", 257, 3, 13) + base64.b64decode(key["PublicKey"])
    equal(len(rdata), 68)
    total = sum(byte << 8 if place % 2 == 0 else byte for place, byte in enumerate(rdata))
    equal(key["KeyTag"], (total + (total >> 16)) & 0xffff)
    digest = hashlib.sha256(b"\x06signed\x07example\x00" + rdata).hexdigest().upper()
    equal((key["DigestValue"], key["DSRecord"]), (digest, f"{key['KeyTag']} 13 2 {digest}"))
    equal(key["DNSKEYRecord"], f"257 3 13 {key['PublicKey']}")
    world.client.get_waiter("resource_record_sets_changed").wait(Id=created["ChangeInfo"]["Id"])
    world.client.enable_hosted_zone_dnssec(HostedZoneId=zone)
    equal(world.client.get_dnssec(HostedZoneId=zone)["Status"], {"ServeSignature": "SIGNING"})
    world.client.create_key_signing_key(HostedZoneId=zone, Name="second", Status="INACTIVE",
                                        KeyManagementServiceArn=f"{arn}2", CallerReference="l")
    refused("TooManyKeySigningKeys", world.client.create_key_signing_key, HostedZoneId=zone, Name="third", Status="ACTIVE",
            KeyManagementServiceArn=f"{arn}3", CallerReference="m")
    refused("KeySigningKeyInUse", world.client.deactivate_key_signing_key, HostedZoneId=zone, Name="first")
    world.client.activate_key_signing_key(HostedZoneId=zone, Name="second")
    world.client.deactivate_key_signing_key(HostedZoneId=zone, Name="first")
    refused("HostedZoneNotEmpty", world.client.delete_hosted_zone, Id=zone)
    keys = world.client.get_dnssec(HostedZoneId=zone)["KeySigningKeys"]
    equal([(it["Name"], it["Status"]) for it in keys], [("first", "INACTIVE"), ("second", "ACTIVE")])
    equal(keys[0]["PublicKey"], key["PublicKey"])
    assert keys[0]["PublicKey"] != keys[1]["PublicKey"]
    world.client.disable_hosted_zone_dnssec(HostedZoneId=zone)
    world.client.deactivate_key_signing_key(HostedZoneId=zone, Name="second")
    for name in ("first", "second"):
        world.client.delete_key_signing_key(HostedZoneId=zone, Name=name)
    refused("DNSSECNotFound", world.client.disable_hosted_zone_dnssec, HostedZoneId=zone)
    world.client.delete_hosted_zone(Id=zone)


@check
def query_logging_configurations_are_kept(world):
    zones = [world.zone(f"logged{number}.example")[0] for number in range(3)]
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/a"
    made = [world.client.create_query_logging_config(HostedZoneId=zone, CloudWatchLogsLogGroupArn=arn)["QueryLoggingConfig"]
            for zone in zones]
    refused("QueryLoggingConfigAlreadyExists", world.client.create_query_logging_config, HostedZoneId=zones[0],
            CloudWatchLogsLogGroupArn=arn)
    pages = world.client.get_paginator("list_query_logging_configs").paginate(PaginationConfig={"PageSize": 2})
    equal(sorted(it["Id"] for page in pages for it in page["QueryLoggingConfigs"]), sorted(it["Id"] for it in made))
    equal(world.client.get_query_logging_config(Id=made[1]["Id"])["QueryLoggingConfig"], made[1])
    refused("InvalidPaginationToken", world.client.list_query_logging_configs, NextToken="!")
    for config, zone in zip(made, zones):
        world.client.delete_query_logging_config(Id=config["Id"])
        world.client.delete_hosted_zone(Id=zone)
    refused("NoSuchQueryLoggingConfig", world.client.get_query_logging_config, Id=made[0]["Id"])


@check
def protections_keep_record_sets_as_they_are(world):
    zone, _ = world.zone("safe.example")
    world.change(zone, ("CREATE", a("www.safe.example", "192.0.2.1")))
    names = [f"{number}.safe.example" for number in range(3)]
    world.client.create_resource_record_set_protections(HostedZoneId=zone, Protections=[
        {"RecordName": "www.safe.example", "RecordType": "A", "Comment": "billing"},
        *({"RecordName": name, "RecordType": "TXT"} for name in names)])
    message = refused("InvalidChangeBatch", world.change, zone, ("UPSERT", a("www.safe.example", "192.0.2.2")))
    equal(message, "[Resource record set [name='www.safe.example.', type='A'] is protected: billing]")
    equal(world.server.ask("www.safe.example", "A"), (0, ["192.0.2.1"]))
    try:
        world.client.create_resource_record_set_protections(HostedZoneId=zone, Protections=[
            {"RecordName": "www.safe.example", "RecordType": "A"}])
        raise AssertionError("it was protected already")
    except world.client.exceptions.ProtectionAlreadyExists as error:
        equal([(it["RecordName"], it["Code"]) for it in error.response["Errors"]],
              [("www.safe.example.", "ProtectionAlreadyExists")])
    refused("InvalidResourceRecordSetProtectionBatch", world.client.delete_resource_record_set_protections,
            HostedZoneId=zone, Protections=[{"RecordName": "www.safe.example", "RecordType": "AAAA"}])
    pages = world.client.get_paginator("list_resource_record_set_protections")
    listed = [it for page in pages.paginate(HostedZoneId=zone, PaginationConfig={"PageSize": 1})
              for it in page["ResourceRecordSetProtections"]]
    equal([it["RecordName"] for it in listed], [f"{name}." for name in names] + ["www.safe.example."])
    world.client.delete_resource_record_set_protections(HostedZoneId=zone, Protections=[
        {key: it[key] for key in ("RecordName", "RecordType")} for it in listed])
    world.change(zone, ("DELETE", a("www.safe.example", "192.0.2.1")))
    world.client.delete_hosted_zone(Id=zone)


@check
def features_are_kept(world):
    zone, _ = world.zone("far.example")
    world.client.update_hosted_zone_features(HostedZoneId=zone, EnableAcceleratedRecovery=True)
    equal(world.client.get_hosted_zone(Id=zone)["HostedZone"]["Features"], {"AcceleratedRecoveryStatus": "ENABLED"})
    refused("InvalidInput", world.client.update_hosted_zone_features, HostedZoneId=zone, EnablePublicDNSFallback=True)
    world.client.update_hosted_zone_features(HostedZoneId=zone, EnableAcceleratedRecovery=False)
    world.client.delete_hosted_zone(Id=zone)


# What a key is good for; secrets of AWS have slashes too.
CREDENTIALS = """\
credentials:
  - { access_key_id: ADMIN, secret_access_key: wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY }
  - { access_key_id: READER, secret_access_key: "0123456789abcdef", read_only: true }
  - { access_key_id: TEAM, secret_access_key: "fedcba9876543210", hosted_zones: ["*.team.example"] }
"""


@check
def requests_are_signed_with_keys_of_the_credentials_file(world):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(CREDENTIALS)
        file.flush()
        with Server(sys.argv[1], {"zones.yaml": ZONES}, ["--credentials", file.name]) as server:
            admin = server.client("ADMIN", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-west-3")
            make = lambda who, name: who.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
            one, other = make(admin, "one.team.example"), make(admin, "other.example")
            # With every sign that a client may put into a path or a query.
            admin.list_resource_record_sets(HostedZoneId=one, StartRecordName="*.a_b-c.one.team.example", StartRecordType="A")
            admin.list_tags_for_resource(ResourceType="hostedzone", ResourceId=one.removeprefix("/hostedzone/"))
            url = admin.generate_presigned_url("get_hosted_zone", Params={"Id": one}, ExpiresIn=60)
            with urllib.request.urlopen(url) as response:
                assert b"one.team.example." in response.read()
            refused("InvalidClientTokenId", server.client("NOBODY", "0123456789abcdef").list_hosted_zones)
            refused("SignatureDoesNotMatch", server.client("ADMIN", "0123456789abcdef").list_hosted_zones)
            try:
                urllib.request.urlopen(server.api + "/2013-04-01/hostedzone")
                raise AssertionError("a request without a signature was answered")
            except urllib.error.HTTPError as error:
                equal(error.code, 403)
                assert b"<Code>MissingAuthenticationToken</Code>" in error.read()
            reader = server.client("READER", "0123456789abcdef", "us-east-1")
            equal(len(reader.list_hosted_zones()["HostedZones"]), 3)
            reader.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[one.removeprefix("/hostedzone/")])
            message = refused("AccessDenied", make, reader, "reader.example")
            assert "user/READER is not authorized to perform: route53:CreateHostedZone on resource: *" in message, message
            team = server.client("TEAM", "fedcba9876543210")
            batch = lambda name: {"Changes": [{"Action": "CREATE", "ResourceRecordSet": a(name, "192.0.2.1")}]}
            team.change_resource_record_sets(HostedZoneId=one, ChangeBatch=batch("www.one.team.example"))
            message = refused("AccessDenied", team.change_resource_record_sets, HostedZoneId=other, ChangeBatch=batch("www.other.example"))
            assert f"arn:aws:route53:::hostedzone/{other.removeprefix('/hostedzone/')} " in message, message
            equal(len(team.list_resource_record_sets(HostedZoneId=other)["ResourceRecordSets"]), 2)
            refused("AccessDenied", make, team, "two.team.example")
            equal(server.ask("www.one.team.example", "A"), (0, ["192.0.2.1"]))


@check
def changes_that_take_their_time_are_waited_for(world):
    with Server(sys.argv[1], flags=["--change-delay", "2s"]) as server:
        client = server.client()
        change = client.create_hosted_zone(Name="slow.example", CallerReference="slow")["ChangeInfo"]
        equal(client.get_change(Id=change["Id"])["ChangeInfo"]["Status"], "PENDING")
        equal(server.ask("slow.example", "SOA")[0], 5)
        client.get_waiter("resource_record_sets_changed").wait(Id=change["Id"], WaiterConfig={"Delay": 1})
        equal(server.ask("slow.example", "SOA")[0], 0)


@check
def clients_that_ask_too_often_back_off(world):
    with Server(sys.argv[1], flags=["--throttle"]) as server:
        hasty, patient = server.client(), server.client(attempts=10)
        zone = patient.create_hosted_zone(Name="busy.example", CallerReference="busy")["HostedZone"]["Id"]
        refused("Throttling", lambda: [hasty.list_hosted_zones() for _ in range(20)])
        batches = [{"Changes": [{"Action": "UPSERT", "ResourceRecordSet": a("www.busy.example", f"192.0.2.{number}")}]}
                   for number in range(10)]
        retries = [patient.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)["ResponseMetadata"]["RetryAttempts"]
                   for batch in batches]
        assert sum(retries) > 0, "nothing was refused"
        equal(server.ask("www.busy.example", "A"), (0, ["192.0.2.9"]))


@check
def the_api_speaks_https(world):
    with tempfile.TemporaryDirectory() as directory:
        certificate, key = write_certificate(pathlib.Path(directory), "127.0.0.1")
        with Server(sys.argv[1], flags=["--api-tls", "--tls-cert", str(certificate), "--tls-key", str(key)]) as server:
            assert server.api.startswith("https://"), server.api
            server.client(verify=str(certificate)).create_hosted_zone(Name="secret.example", CallerReference="secret")
            equal(server.ask("secret.example", "SOA")[0], 0)


@check
def traffic_policies_make_records_that_dns_answers(world):
    def document(record_type="A", **more):
        return json.dumps({"AWSPolicyFormatVersion": "2015-10-01", "RecordType": record_type, **more})

    def value(text):
        return {"Type": "value", "Value": text}

    simple = document(StartEndpoint="e", Endpoints={"e": value("192.0.2.2")})
    pool = document(StartRule="pool", Endpoints={"a": value("192.0.2.1"), "b": value("192.0.2.3")}, Rules={
        "pool": {"RuleType": "multivalue", "Items": [{"EndpointReference": "a"}, {"EndpointReference": "b"}]}})
    zone, _ = world.zone("flow.example")
    created = world.client.create_traffic_policy(Name="flow", Document=pool, Comment="c")
    policy = created["TrafficPolicy"]["Id"]
    assert created["Location"].endswith(f"/trafficpolicy/{policy}/1")
    equal(created["TrafficPolicy"]["Document"], pool)
    equal(world.client.create_traffic_policy_version(Id=policy, Document=simple)["TrafficPolicy"]["Version"], 2)
    equal(world.client.get_traffic_policy(Id=policy, Version=2)["TrafficPolicy"]["Document"], simple)
    commented = world.client.update_traffic_policy_comment(Id=policy, Version=2, Comment="d")
    equal(commented["TrafficPolicy"]["Comment"], "d")
    other = world.client.create_traffic_policy(Name="flow6", Document=document("AAAA", StartEndpoint="e", Endpoints={
        "e": value("2001:db8::1")}))["TrafficPolicy"]["Id"]
    listed = world.client.list_traffic_policies(MaxItems="1")
    equal(([it["Id"] for it in listed["TrafficPolicySummaries"]], listed["TrafficPolicyIdMarker"]), ([policy], other))
    listed = world.client.list_traffic_policies(TrafficPolicyIdMarker=other)
    equal([it["Id"] for it in listed["TrafficPolicySummaries"]], [other])
    versions = world.client.list_traffic_policy_versions(Id=policy)["TrafficPolicies"]
    equal([it["Version"] for it in versions], [1, 2])
    refused("InvalidTrafficPolicyDocument", world.client.create_traffic_policy, Name="bad", Document="{")
    refused("TrafficPolicyAlreadyExists", world.client.create_traffic_policy, Name="flow", Document=simple)
    refused("NoSuchTrafficPolicy", world.client.get_traffic_policy, Id=policy, Version=3)
    make = {"HostedZoneId": zone, "Name": "www.flow.example", "TTL": 30}
    instance = world.client.create_traffic_policy_instance(TrafficPolicyId=policy, TrafficPolicyVersion=1, **make)
    instance = instance["TrafficPolicyInstance"]["Id"]
    sixth = world.client.create_traffic_policy_instance(TrafficPolicyId=other, TrafficPolicyVersion=1, **make)
    sixth = sixth["TrafficPolicyInstance"]["Id"]
    equal(sorted(world.server.ask("www.flow.example", "A")[1]), ["192.0.2.1", "192.0.2.3"])
    equal({it.get("TrafficPolicyInstanceId") for it in world.records(zone)}, {None, instance, sixth})
    refused("TrafficPolicyInstanceAlreadyExists", world.client.create_traffic_policy_instance,
            TrafficPolicyId=policy, TrafficPolicyVersion=2, **make)
    refused("InvalidChangeBatch", world.change, zone, ("UPSERT", a("www.flow.example", "192.0.2.9")))
    refused("TrafficPolicyInUse", world.client.delete_traffic_policy, Id=policy, Version=1)
    refused("ConflictingTypes", world.client.update_traffic_policy_instance,
            Id=instance, TTL=5, TrafficPolicyId=other, TrafficPolicyVersion=1)
    found, start = [], {}
    while True:
        page = world.client.list_traffic_policy_instances(MaxItems="1", **start)
        found += [it["Id"] for it in page["TrafficPolicyInstances"]]
        if not page["IsTruncated"]:
            break
        start = {key: page[key] for key in ("HostedZoneIdMarker", "TrafficPolicyInstanceNameMarker",
                                            "TrafficPolicyInstanceTypeMarker")}
    equal(found, [instance, sixth])
    by_zone = world.client.list_traffic_policy_instances_by_hosted_zone(HostedZoneId=zone)
    equal([it["Id"] for it in by_zone["TrafficPolicyInstances"]], [instance, sixth])
    by_policy = world.client.list_traffic_policy_instances_by_policy(TrafficPolicyId=other, TrafficPolicyVersion=1)
    equal([it["Id"] for it in by_policy["TrafficPolicyInstances"]], [sixth])
    equal(world.client.get_traffic_policy_instance_count()["TrafficPolicyInstanceCount"], 2)
    world.client.update_traffic_policy_instance(Id=instance, TTL=5, TrafficPolicyId=policy, TrafficPolicyVersion=2)
    got = world.client.get_traffic_policy_instance(Id=instance)["TrafficPolicyInstance"]
    equal((got["State"], got["TTL"], got["TrafficPolicyVersion"], got["Name"]), ("Applied", 5, 2, "www.flow.example."))
    equal(world.server.ask("www.flow.example", "A"), (0, ["192.0.2.2"]))
    for it in (instance, sixth):
        world.client.delete_traffic_policy_instance(Id=it)
    equal(world.server.ask("www.flow.example", "A")[0], 3)
    refused("NoSuchTrafficPolicyInstance", world.client.get_traffic_policy_instance, Id=instance)
    for version in (1, 2):
        world.client.delete_traffic_policy(Id=policy, Version=version)
    refused("NoSuchTrafficPolicy", world.client.list_traffic_policy_versions, Id=policy)
    world.client.delete_hosted_zone(Id=zone)


@check
def every_operation_was_asked_for(world):
    table = (pathlib.Path(__file__).resolve().parents[4] / "src" / "api" / "coverage.md").read_text()
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in table.splitlines()[2:]]
    # A newer botocore may know more than the 74 operations that we know of.
    equal(len(rows), 74)
    equal(sorted({name for name, _ in rows} - set(world.client.meta.service_model.operation_names)), [])
    equal(sorted({name for name, _ in rows} - world.checker.seen), [])


def main():
    # A question with a client subnet counts as from there, so that it may be inside a VPC.
    with Server(sys.argv[1], {"zones.yaml": ZONES}, ["--trust-client-subnet-from", "127.0.0.1/32"]) as server:
        world = World(server)

        def problems_with_the_model():
            problems = sorted(set(world.checker.problems))
            world.checker.problems.clear()
            return problems

        failed = run(world, problems_with_the_model)
        print(f"{len(world.checker.seen)} operations were seen to succeed and fit the model")
    sys.exit(1 if failed else 0)


main()
