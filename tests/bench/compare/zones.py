"""What is served and asked: zones as zone files and as YAML, and the queries. Everything comes from one seed, so every run has the same."""

import ipaddress
import os
import random
import shutil

SEED = 53
QUERIES = 400_000
TTL = 300

MANY = 100_000
MILLION = 1_000_000
SMALL = 100
GROUPS = 100
WEIGHTS = [10, 20, 30, 40]
# Where clients of the `geo` names are; the last is where the load generator is, for servers that look no further.
NETWORKS = [f"10.{n}.0.0/16" for n in range(15)] + ["127.0.0.0/8"]

SETS = {"small": "small.test", "big": "big.test", "many": None, "routed": "routed.test"}


def address(n):
    return str(ipaddress.IPv4Address(0x0A000000 + n))


def member(n, k):
    """The address of member `k` of group `n`."""
    return f"192.0.{10 + k}.{n + 1}"


def apex(zone):
    yield "@", "SOA", f"ns1.{zone}. admin.{zone}. 1 7200 900 1209600 300"
    yield "@", "NS", f"ns1.{zone}."
    yield "ns1", "A", "192.0.2.53"


def hosts(zone, names, digits):
    """A zone of hosts, with a wildcard and some aliases of the old kind."""
    yield from apex(zone)
    yield "@", "MX", f"10 h{0:0{digits}}.{zone}."
    yield "@", "TXT", '"v=spf1 -all"'
    yield "*.wild", "A", "192.0.2.77"
    for n in range(names):
        yield f"h{n:0{digits}}", "A", address(n)
    for n in range(min(names // 2, 1000)):
        yield f"c{n:0{digits}}", "CNAME", f"h{n:0{digits}}.{zone}."


def one_of_many(zone, n):
    yield from apex(zone)
    yield "@", "MX", f"10 mail.{zone}."
    yield "@", "A", address(n)
    for host in ["www", "api", "mail", "ftp"]:
        yield host, "A", address(n)
    yield "cdn", "CNAME", f"www.{zone}."


def plain_zones(name):
    """The zones of a set, each with its records: owner, type, value."""
    if name == "many":
        for n in range(MANY):
            yield f"z{n:06}.test", one_of_many(f"z{n:06}.test", n)
    elif name == "small":
        yield "small.test", hosts("small.test", SMALL, 3)
    elif name == "big":
        yield "big.test", hosts("big.test", MILLION, 7)


def queries(name):
    """The queries of a set by the name of their row."""
    rng = random.Random(SEED)
    if name == "many":
        hosts_ = ["www", "api", "mail", "ftp"]
        return {"exact": [f"{rng.choice(hosts_)}.z{rng.randrange(MANY):06}.test A" for _ in range(QUERIES)]}
    if name == "routed":
        plain = {row: [f"{row[0]}{rng.randrange(GROUPS):02}.routed.test A" for _ in range(QUERIES // 10)]
                 for row in ["static", "weighted", "failover"]}
        client = lambda: f"10.{rng.randrange(15)}.{rng.randrange(256)}"
        return plain | {"geo": [f"g{rng.randrange(GROUPS):02}.routed.test A {client()}" for _ in range(QUERIES // 10)]}
    names, digits = (SMALL, 3) if name == "small" else (MILLION, 7)
    zone, aliases = SETS[name], min(names // 2, 1000)
    exact = lambda: f"h{rng.randrange(names):0{digits}}.{zone} A"
    absent = lambda: f"x{rng.randrange(10**7):07}.{zone} A"
    wild = lambda: f"r{rng.randrange(10**7):07}.wild.{zone} A"
    cname = lambda: f"c{rng.randrange(aliases):0{digits}}.{zone} A"
    other_type = lambda: f"h{rng.randrange(names):0{digits}}.{zone} AAAA"
    shares = [(70, exact), (10, absent), (5, wild), (5, cname), (5, other_type), (3, lambda: f"{zone} MX"), (2, lambda: f"{zone} TXT")]
    mixed = lambda: rng.choices([kind for _, kind in shares], [share for share, _ in shares])[0]()
    kinds = {"exact": exact, "nxdomain": absent, "wildcard": wild, "cname": cname, "mixed": mixed}
    return {row: [kind() for _ in range(QUERIES)] for row, kind in kinds.items()}


def zone_file(path, zone, records):
    with open(path, "w") as file:
        file.write(f"$ORIGIN {zone}.\n$TTL {TTL}\n")
        file.writelines(f"{owner} IN {kind} {value}\n" for owner, kind, value in records)


def yaml_zone(file, zone, records):
    file.write(f"  - name: {zone}\n    records:\n")
    file.writelines(f"      - {{ name: \"{owner}\", type: {kind}, ttl: {TTL}, values: ['{value}'] }}\n" for owner, kind, value in records)


def routed_yaml(file, endpoint_port):
    """Our groups. Failover goes through a tree of aliases; every weighted member has a health check."""
    file.write("health_checks:\n")
    for name, host in [("primary", "127.0.0.1"), ("secondary", "127.0.0.2")]:
        file.write(f"  - {{ id: {name}, type: TCP, ip_address: {host}, port: {endpoint_port}, request_interval: 10 }}\n")
    file.write("cidr_collections:\n  - name: networks\n    locations:\n")
    file.writelines(f"      n{k}: [{network}]\n" for k, network in enumerate(NETWORKS))
    file.write("hosted_zones:\n")
    yaml_zone(file, "routed.test", apex("routed.test"))
    record = lambda owner, rest: file.write(f"      - {{ name: {owner}, type: A, {rest} }}\n")
    for n in range(GROUPS):
        record(f"s{n:02}", f"ttl: 60, values: [{member(n, 0)}]")
        for k, weight in enumerate(WEIGHTS):
            record(f"w{n:02}", f"ttl: 60, set_identifier: '{k}', weight: {weight}, health_check_id: primary, values: [{member(n, k)}]")
        for role, target, host in [("PRIMARY", "p", "127.0.0.1"), ("SECONDARY", "q", "127.0.0.2")]:
            check = "primary" if target == "p" else "secondary"
            record(f"{target}{n:02}", f"ttl: 60, set_identifier: {target}, weight: 1, health_check_id: {check}, values: [{host}]")
            record(f"f{n:02}", f"set_identifier: {target}, failover: {role}, "
                               f"alias_target: {{ dns_name: {target}{n:02}.routed.test, evaluate_target_health: true }}")
        for k in range(len(NETWORKS)):
            record(f"g{n:02}", f"ttl: 60, set_identifier: '{k}', cidr_routing_config: {{ collection: networks, location_name: n{k} }}, "
                               f"values: [{member(n, k)}]")


def routed_static():
    """What Knot finds in the zone where its module has nothing to say, and the names that are plain for everybody."""
    yield from apex("routed.test")
    for n in range(GROUPS):
        for group in "swfg":
            yield f"{group}{n:02}", "A", member(n, 0)


def routed_lua(endpoint_port):
    """PowerDNS' records that are programs."""
    yield from apex("routed.test")
    for n in range(GROUPS):
        weighted = ",".join(f"{{{weight},'{member(n, k)}'}}" for k, weight in enumerate(WEIGHTS))
        yield f"s{n:02}", "A", member(n, 0)
        yield f"w{n:02}", "LUA", f'A "pickwrandom({{{weighted}}})"'
        yield f"f{n:02}", "LUA", f"A \"ifportup({endpoint_port},{{'127.0.0.1','127.0.0.2'}},{{selector='pickclosest'}})\""


def files(directory, name):
    """Where the zones of a set are: name and zone file."""
    if name == "many":
        return [(f"z{n:06}.test", f"{directory}/zones/many/{n // 1000:02}/z{n:06}.test") for n in range(MANY)]
    return [(SETS[name], f"{directory}/zones/{name}/{SETS[name]}")]


def query_file(directory, name, row):
    return f"{directory}/queries/{name}-{row}"


def write(directory, name, endpoint_port):
    """Writes a set, unless it is there already."""
    with open(__file__) as own:
        stamp = own.read()
    stamp_file = f"{directory}/{name}.written-by"
    is_written = os.path.exists(stamp_file) and open(stamp_file).read() == stamp
    # It names a port, which is another each time.
    if is_written and name != "routed":
        return
    for folder in [f"zones/{name}", f"yaml/{name}"]:
        shutil.rmtree(f"{directory}/{folder}", ignore_errors=True)
        os.makedirs(f"{directory}/{folder}")
    os.makedirs(f"{directory}/queries", exist_ok=True)
    with open(f"{directory}/yaml/{name}/zones.yaml", "w") as yaml:
        if name == "routed":
            routed_yaml(yaml, endpoint_port)
            zone_file(f"{directory}/zones/routed/routed.test", "routed.test", routed_static())
            zone_file(f"{directory}/zones/routed/lua", "routed.test", routed_lua(endpoint_port))
        else:
            yaml.write("hosted_zones:\n")
            paths = (path for _, path in files(directory, name))
            for (zone, records), path in zip(plain_zones(name), paths):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                records = list(records)
                zone_file(path, zone, records)
                yaml_zone(yaml, zone, records)
    for row, lines in queries(name).items():
        with open(query_file(directory, name, row), "w") as file:
            file.writelines(line + "\n" for line in lines)
    with open(stamp_file, "w") as file:
        file.write(stamp)
