"""The rows of the table: what is asked of whom, and what the project wants to reach."""

from dataclasses import dataclass, field

PLAIN_PEERS = ["knot", "nsd", "gdnsd", "pdns", "kernel"]
ROUTED_PEERS = ["knot", "gdnsd", "pdns-lua", "pdns-geoip"]


@dataclass(frozen=True)
class Target:
    """Our figure divided by another's is to be `limit` at the most. `of` is a server, or another row of ours."""

    of: str
    limit: float


@dataclass(frozen=True)
class Row:
    """One kind of load on one set of zones."""

    number: str
    title: str
    zone_set: str
    queries: str
    peers: list
    targets: list
    how: str = "udp"
    note: str = ""
    also: list = field(default_factory=list)


# By the word that chooses them on the command line.
ROWS = {
    "small": [Row("1", "small zone, exact A", "small", "exact", PLAIN_PEERS, [Target("knot", 0.85), Target("gdnsd", 0.98), Target("kernel", 1.04)])],
    "big": [Row("2", "1,000,000 names", "big", "exact", PLAIN_PEERS, [Target("knot", 0.72), Target("gdnsd", 0.90)])],
    "many": [Row("3", "100,000 zones of 10", "many", "exact", PLAIN_PEERS, [Target("knot", 0.55), Target("gdnsd", 0.80)])],
    "nxdomain": [Row("4", "NXDOMAIN, 1,000,000 names", "big", "nxdomain", PLAIN_PEERS, [Target("knot", 0.87)])],
    "shapes": [
        Row("5a", "wildcard, 1,000,000 names", "big", "wildcard", PLAIN_PEERS, [Target("knot", 0.85)]),
        Row("5b", "CNAME, 1,000,000 names", "big", "cname", PLAIN_PEERS, [Target("knot", 0.80)]),
        Row("5c", "mixed, 1,000,000 names", "big", "mixed", PLAIN_PEERS, [Target("knot", 0.75)]),
    ],
    "weighted": [Row("6", "weighted with health", "routed", "weighted", ROUTED_PEERS,
                     [Target("knot", 0.85), Target("gdnsd", 0.95), Target("pdns-lua", 1 / 5.5), Target("static", 1.03)], also=["static"],
                     note="Knot's, gdnsd's and PowerDNS' members have no health checks")],
    "failover": [Row("7", "failover through an alias tree", "routed", "failover", ["gdnsd", "pdns-lua"], [Target("gdnsd", 1.0), Target("pdns-lua", 1 / 5)],
                     note="gdnsd (simplefo) and PowerDNS (ifportup) choose between two addresses, without a tree")],
    "geo": [Row("8", "CIDR by client subnet", "routed", "geo", ["knot", "gdnsd", "pdns-geoip"], [Target("knot", 0.78), Target("gdnsd", 0.98)])],
    "tcp": [
        Row("13a", "TCP", "small", "exact", ["knot", "nsd"], [Target("knot", 0.75)], how="tcp"),
        Row("13b", "DNS over TLS", "small", "exact", ["nsd", "hickory-dns"], [Target("hickory-dns", 0.90)], how="dot",
            note="neither Knot 3.2 nor gdnsd speaks TLS"),
    ],
    "bursts": [Row("14", "bursts from one resolver (GSO)", "small", "exact", ["knot", "nsd", "gdnsd", "kernel"], [Target("knot", 0.70)], how="burst")],
}

# Memory and starts: what they are of, and the limits. Memory is a share of Knot's; a start is seconds, or Knot's or NSD's.
LOADS = {
    "big": ("1,000,000 names", 0.6, 8.0),
    "many": ("100,000 zones of 10", 0.5, None),
}
