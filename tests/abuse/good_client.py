"""A client that asks as anybody would, from an address of its own, and keeps how long it waits."""

import http.client
import multiprocessing
import re
import socket
import ssl
import struct
import time

ADDRESS = "127.9.9.9"
NAME = b"\x03www\x04shop\x07example\x00\x00\x01\x00\x01"
# What a stub resolver does, more or less.
TIMEOUT = 2.0
TRIES = 3


def query(number):
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + NAME


def is_answer(message, number):
    """With the id, AA, NOERROR and the one address."""
    return message[:4] == struct.pack("!2H", number, 0x8500) and message[6:8] == b"\0\1" and bytes([192, 0, 2, 1]) in message


def framed(message):
    return struct.pack("!H", len(message)) + message


def receive(stream):
    """One message of a connection."""
    taken = b""
    while len(taken) < 2 or len(taken) < 2 + struct.unpack("!H", taken[:2])[0]:
        more = stream.recv(4096)
        if not more:
            raise ConnectionError("closed")
        taken += more
    return taken[2:]


def ask_udp(port, number):
    """Whether it was answered; all that ask say this."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((ADDRESS, 0))
        client.connect(("127.0.0.1", port))
        client.settimeout(TIMEOUT)
        client.send(query(number))
        return is_answer(client.recv(4096), number)


def ask_tcp(port, number):
    with socket.create_connection(("127.0.0.1", port), TIMEOUT, (ADDRESS, 0)) as client:
        client.sendall(framed(query(number)))
        return is_answer(receive(client), number)


ANYBODY = ssl.create_default_context()
ANYBODY.check_hostname = False
ANYBODY.verify_mode = ssl.CERT_NONE


def ask_tls(port, number):
    with socket.create_connection(("127.0.0.1", port), TIMEOUT, (ADDRESS, 0)) as client:
        with ANYBODY.wrap_socket(client) as client:
            client.sendall(framed(query(number)))
            return is_answer(receive(client), number)


def call(port, method, path, operation="", members=""):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT, source_address=(ADDRESS, 0))
    try:
        body = '<%sRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">%s</%sRequest>' % (operation, members, operation)
        connection.request(method, "/2013-04-01/" + path, body if operation else None)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except http.client.HTTPException as error:
        raise OSError(error) from error
    finally:
        connection.close()


def change_by_api(port, number):
    """Two record sets of a zone of its own become others: what was acknowledged is there, and whole."""
    zone = "<Name>good.example</Name><CallerReference>good</CallerReference>"
    listed = call(port, "GET", "hostedzonesbyname?dnsname=good.example&maxitems=1")[1]
    if "<Name>good.example.<" not in listed:
        listed = call(port, "POST", "hostedzone", "CreateHostedZone", zone)[1]
    path = "hostedzone/%s/rrset" % re.search("<Id>/hostedzone/([^<]*)<", listed)[1]
    sets = "".join("<Change><Action>UPSERT</Action><ResourceRecordSet><Name>%s.good.example</Name><Type>A</Type><TTL>%d</TTL>"
                   "<ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>"
                   "</ResourceRecordSet></Change>" % (name, number) for name in ("a", "b"))
    status, told = call(port, "POST", path, "ChangeResourceRecordSets", "<ChangeBatch><Changes>%s</Changes></ChangeBatch>" % sets)
    assert status == 200, told
    status, told = call(port, "GET", path + "?name=a.good.example")
    return status == 200 and re.findall("<TTL>([0-9]*)<", told) == [str(number)] * 2


def see_by_admin(port, number):
    """The health checks, of which there are none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT, source_address=(ADDRESS, 0))
    try:
        connection.request("GET", "/health-checks")
        response = connection.getresponse()
        return response.status == 200 and b"health_checks" in response.read()
    except http.client.HTTPException as error:
        raise OSError(error) from error
    finally:
        connection.close()


ASKING = {"UDP": ask_udp, "TCP": ask_tcp, "TLS": ask_tls, "API": change_by_api, "ADMIN": see_by_admin}


def keep_asking(over, port, stop, results):
    """Tells (milliseconds waited, tries) for each question; no number of tries is enough for one that failed."""
    waits, number = [], 0
    while not stop.is_set():
        number = (number + 1) & 0xffff
        start, tries, answered = time.monotonic(), 0, False
        while not answered and tries < TRIES:
            tries += 1
            try:
                answered = ASKING[over](port, number)
            except OSError:
                time.sleep(0.01)
        waits.append(((time.monotonic() - start) * 1e3, tries if answered else 0))
        stop.wait(0.02)
    results.put((over, waits))


class GoodClient:
    """Asks over these transports, each in a process of its own, until it is told to stop."""

    def __init__(self, server, transports):
        self.stop, self.results = multiprocessing.Event(), multiprocessing.Queue()
        ports = {"UDP": server.dns, "TCP": server.dns, "TLS": server.dot, "API": server.api, "ADMIN": server.admin}
        self.processes = [multiprocessing.Process(target=keep_asking, args=(over, ports[over], self.stop, self.results))
                          for over in transports]
        for process in self.processes:
            process.start()

    def finish(self):
        self.stop.set()
        results = dict(self.results.get(timeout=30) for _ in self.processes)
        for process in self.processes:
            process.join()
        return {over: Waits(waits) for over, waits in sorted(results.items())}


class Waits:
    def __init__(self, waits):
        self.asked = len(waits)
        self.unanswered = sum(tries == 0 for _, tries in waits)
        self.again = sum(tries > 1 for _, tries in waits)
        times = sorted(wait for wait, _ in waits)
        self.median, self.worst = times[len(times) // 2], times[-1]

    def __str__(self):
        again = ", %d asked again" % self.again if self.again else ""
        unanswered = ", %d UNANSWERED" % self.unanswered if self.unanswered else ""
        return "%d asked, median %.1f ms, longest %.0f ms%s%s" % (self.asked, self.median, self.worst, again, unanswered)
