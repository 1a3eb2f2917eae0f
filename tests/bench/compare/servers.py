"""The servers: how each is configured for a set of zones and started. All answer on loopback, with one thread for UDP, and log next to nothing."""

import os
import shutil
import signal
import socket
import subprocess
import time

import zones

SERVER_CPU = 0
PATIENCE_SECONDS = 300


class Bench:
    """What all servers of a run share."""

    def __init__(self, directory, binary, endpoint_port):
        self.directory = directory
        self.binary = binary
        self.endpoint_port = endpoint_port
        self.certificate = f"{directory}/certificate.pem", f"{directory}/key.pem"


class Server:
    """A server of a set, running."""

    def __init__(self, bench, name, set_name):
        self.bench, self.name, self.set_name = bench, name, set_name
        self.port, self.dot_port = free_port(), free_port()
        self.folder = f"{bench.directory}/run/{set_name}-{name}"
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        command = CONFIGURE[name](self)
        log = open(f"{self.folder}/log", "w")
        start = time.monotonic()
        self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
        self.await_answer(start)
        self.start_seconds = time.monotonic() - start
        self.memory_kib = sum(self.status("VmRSS", pid) for pid in self.processes())
        self.peak_memory_kib = sum(self.status("VmHWM", pid) for pid in self.processes())
        self.pin()

    def await_answer(self, start):
        """Until the last zone of the set is answered for."""
        zone, _ = zones.files(self.bench.directory, self.set_name)[-1]
        while True:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(0.1)
                client.connect(("127.0.0.1", self.port))
                try:
                    client.send(soa_query(zone))
                    reply = client.recv(4096)
                    if reply[3] & 15 == 0 and (reply[7] or self.name == "kernel"):
                        return
                    time.sleep(0.01)
                except ConnectionRefusedError:
                    time.sleep(0.01)
                except TimeoutError:
                    pass
            if self.process.poll() is not None or time.monotonic() - start > PATIENCE_SECONDS:
                self.stop()
                raise SystemExit(f"{self.name} does not serve {self.set_name}: see {self.folder}/log")

    def processes(self):
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children") as children:
                    todo += map(int, children.read().split())
        return found

    def status(self, field, pid):
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith(field + ":")), 0)

    def pin(self):
        for pid in self.processes():
            for task in os.listdir(f"/proc/{pid}/task"):
                os.sched_setaffinity(int(task), [SERVER_CPU])

    def cpu(self):
        """Nanoseconds of CPU time, and ticks of user and system time, so far."""
        nanoseconds = user = system = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
            user, system = user + int(fields[11]), system + int(fields[12])
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat") as schedstat:
                    nanoseconds += int(schedstat.read().split()[0])
        return nanoseconds, user, system

    def stop(self):
        pids = self.processes() if self.process.poll() is None else []
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        # NSD's and gdnsd's first process may end before its children do.
        for pid in pids[1:]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def file(self, name, text):
        path = f"{self.folder}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path

    def zone_files(self):
        return zones.files(self.bench.directory, self.set_name)


def free_port():
    """A port that nobody has, for UDP and TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
                return tcp.getsockname()[1]
            except OSError:
                pass


def soa_query(zone):
    name = b"".join(bytes([len(label)]) + label.encode() for label in zone.split("."))
    return b"\0\7\0\0\0\1\0\0\0\0\0\0" + name + b"\0\0\6\0\1"


def ours(server):
    certificate, key = server.bench.certificate
    return [server.bench.binary, "serve", "--zones", f"{server.bench.directory}/yaml/{server.set_name}", "--dns", f"127.0.0.1:{server.port}",
            "--udp-threads", "1", "--dot", f"127.0.0.1:{server.dot_port}", "--tls-cert", certificate, "--tls-key", key,
            "--tcp-connections-per-address", "1000", "--admin", "off", "--api", "off", "--log", "error"]


def knot(server):
    modules, use = "", ""
    if server.set_name == "routed":
        weighted = "".join(f"w{n:02}.routed.test:\n" + "".join(f"  - weight: {weight}\n    A: [ {zones.member(n, k)} ]\n"
                                                              for k, weight in enumerate(zones.WEIGHTS)) for n in range(zones.GROUPS))
        subnets = "".join(f"g{n:02}.routed.test:\n" + "".join(f"  - net: {network}\n    A: [ {zones.member(n, k)} ]\n"
                                                              for k, network in enumerate(zones.NETWORKS)) for n in range(zones.GROUPS))
        modules = f"""mod-geoip:
  - id: weighted
    config-file: {server.file("weighted.conf", weighted)}
    ttl: 60
    mode: weighted
  - id: subnets
    config-file: {server.file("subnets.conf", subnets)}
    ttl: 60
    mode: subnet
"""
        use = "    module: [ mod-geoip/weighted, mod-geoip/subnets ]\n"
    config = f"""server:
    rundir: "{server.folder}"
    listen: 127.0.0.1@{server.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 2
    edns-client-subnet: on
log:
  - target: stderr
    any: warning
database:
    storage: "{server.folder}"
{modules}template:
  - id: default
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
zone:
""" + "".join(f'  - domain: {zone}\n    file: "{path}"\n{use}' for zone, path in server.zone_files())
    return ["/usr/sbin/knotd", "-c", server.file("knot.conf", config)]


def nsd(server):
    certificate, key = server.bench.certificate
    config = f"""server:
    ip-address: 127.0.0.1@{server.port}
    ip-address: 127.0.0.1@{server.dot_port}
    tls-port: {server.dot_port}
    tls-service-pem: "{certificate}"
    tls-service-key: "{key}"
    server-count: 1
    username: ""
    zonesdir: "/"
    database: ""
    zonelistfile: "{server.folder}/zone.list"
    xfrdfile: ""
    xfrdir: "{server.folder}"
    pidfile: "{server.folder}/pid"
    verbosity: 0
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
    minimal-responses: yes
    zonefiles-check: yes
    zonefiles-write: 0
    round-robin: no
    tcp-query-count: 0
remote-control:
    control-enable: no
""" + "".join(f'zone:\n    name: "{zone}"\n    zonefile: "{path}"\n' for zone, path in server.zone_files())
    return ["/usr/sbin/nsd", "-d", "-c", server.file("nsd.conf", config)]


def hickory(server):
    certificate, key = server.bench.certificate
    config = f"""listen_addrs_ipv4 = ["127.0.0.1"]
listen_port = {server.port}
tls_listen_port = {server.dot_port}
directory = "/"
drop_privileges = false
tls_cert = {{ path = "{certificate}", private_key = "{key}" }}
""" + "".join(f'[[zones]]\nzone = "{zone}"\nzone_type = "Primary"\nstores = {{ type = "file", zone_path = "{path}" }}\n' for zone, path in server.zone_files())
    return [f"{server.bench.directory}/hickory/bin/hickory-dns", "-q", "--workers", "1", "-c", server.file("named.toml", config)]


def gdnsd(server):
    services = ""
    os.makedirs(f"{server.folder}/etc/zones")
    if server.set_name == "routed":
        names = range(zones.GROUPS)
        zone = "$TTL 60\n" + "".join(f"{owner} {kind} {value}\n" for owner, kind, value in zones.apex("routed.test")) + "".join(
            f"s{n:02} A {zones.member(n, 0)}\nw{n:02} DYNA weighted!w{n:02}\nf{n:02} DYNA simplefo!f{n:02}\ng{n:02} DYNA geoip!g{n:02}\n"
            for n in names)
        server.file("etc/zones/routed.test", zone)
        members = range(len(zones.NETWORKS))
        weighted = "".join(f"w{n:02} => {{ " + ", ".join(f"l{k} => [ {zones.member(n, k)}, {weight} ]" for k, weight in enumerate(zones.WEIGHTS)) + " }\n"
                           for n in names)
        failover = "".join(f"f{n:02} => {{ primary => 127.0.0.1, secondary => 127.0.0.2 }}\n" for n in names)
        centres = ", ".join(f"d{k}" for k in members)
        networks = ", ".join(f"{network} => [ d{k} ]" for k, network in enumerate(zones.NETWORKS))
        located = "".join(f"g{n:02} => {{ map => m, service_types => up, dcmap => {{ " +
                          ", ".join(f"d{k} => {zones.member(n, k)}" for k in members) + " } }\n" for n in names)
        services = f"""service_types => {{ port => {{ plugin => tcp_connect, port => {server.bench.endpoint_port}, interval => 5, timeout => 2 }} }}
plugins => {{
  weighted => {{ service_types => up\n{weighted} }}
  simplefo => {{ service_types => port\n{failover} }}
  geoip => {{ maps => {{ m => {{ datacenters => [ {centres} ], nets => {{ {networks} }} }} }} resources => {{\n{located} }} }}
}}
"""
    else:
        for zone, path in server.zone_files():
            os.symlink(path, f"{server.folder}/etc/zones/{zone}")
    server.file("etc/config", f"""options => {{
  listen => [ 127.0.0.1:{server.port} ]
  udp_threads => 1
  tcp_threads => 1
  run_dir => {server.folder}/run
  state_dir => {server.folder}/state
}}
{services}""")
    return ["/usr/sbin/gdnsd", "-c", f"{server.folder}/etc", "start"]


def powerdns(server, backend):
    server.file("pdns.conf", f"""local-address=127.0.0.1
local-port={server.port}
receiver-threads=1
distributor-threads=1
reuseport=yes
daemon=no
guardian=no
socket-dir={server.folder}
loglevel=3
security-poll-suffix=
edns-subnet-processing={"yes" if server.set_name == "routed" else "no"}
{backend}""")
    return ["/usr/sbin/pdns_server", f"--config-dir={server.folder}"]


def pdns(server, extra="", zone_files=None):
    config = 'options { directory "/"; };\n' + "".join(f'zone "{zone}" {{ type native; file "{path}"; }};\n'
                                                       for zone, path in zone_files or server.zone_files())
    return powerdns(server, f"launch=bind\nbind-config={server.file('named.conf', config)}\n{extra}")


def pdns_lua(server):
    zone_files = [("routed.test", f"{server.bench.directory}/zones/routed/lua")]
    return pdns(server, "enable-lua-records=shared\nlua-health-checks-interval=5\n", zone_files)


def pdns_geoip(server):
    lines = ["domains:", "- domain: routed.test", "  ttl: 60", "  records:", "    routed.test:",
             "      - soa: ns1.routed.test. admin.routed.test. 1 7200 900 1209600 300", "      - ns: ns1.routed.test",
             "    ns1.routed.test:", "      - a: 192.0.2.53"]
    for n in range(zones.GROUPS):
        lines += [f"    s{n:02}.routed.test:", f"      - a: {zones.member(n, 0)}", f"    w{n:02}.routed.test:"]
        for k, weight in enumerate(zones.WEIGHTS):
            lines += ["      - a:", f"          content: {zones.member(n, k)}", f"          weight: {weight}"]
        for k in range(len(zones.NETWORKS)):
            lines += [f"    d{k:02}.g{n:02}.routed.test:", f"      - a: {zones.member(n, k)}"]
    lines.append("  services:")
    for n in range(zones.GROUPS):
        lines += [f"    g{n:02}.routed.test:", f"      default: d00.g{n:02}.routed.test"]
        lines += [f"      {network}: d{k:02}.g{n:02}.routed.test" for k, network in enumerate(zones.NETWORKS)]
    path = server.file("geo.yaml", "\n".join(lines) + "\n")
    return powerdns(server, f"launch=geoip\ngeoip-zones-file={path}\ngeoip-database-files=\n")


def kernel(server):
    return [f"{server.bench.directory}/bin/kernel", str(server.port)]


CONFIGURE = {"ours": ours, "knot": knot, "nsd": nsd, "hickory-dns": hickory, "gdnsd": gdnsd, "pdns": pdns, "pdns-lua": pdns_lua, "pdns-geoip": pdns_geoip, "kernel": kernel}
