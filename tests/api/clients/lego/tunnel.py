"""A proxy for clients that know no other endpoint than AWS's: whatever host they name, they reach our server over TLS."""

import socket
import socketserver
import ssl
import threading
import urllib.parse


class Tunnel(socketserver.ThreadingTCPServer):
    """Listens on loopback until its `with` block ends; `url` is for HTTPS_PROXY."""

    daemon_threads = True

    def __init__(self, api, certificate, key):
        super().__init__(("127.0.0.1", 0), Connection)
        self.url = "http://{}:{}".format(*self.server_address)
        api = urllib.parse.urlparse(api)
        self.target = api.hostname, api.port
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        # What clients have asked to be connected with.
        self.hosts = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Connection(socketserver.StreamRequestHandler):
    # The bytes after the blank line are of TLS, and not to be read here.
    rbufsize = 0

    def handle(self):
        method, host, _ = self.rfile.readline().decode().split()
        assert method == "CONNECT", method
        self.server.hosts.add(host)
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        with self.server.tls.wrap_socket(self.connection, server_side=True) as client, \
                socket.create_connection(self.server.target) as target:
            threading.Thread(target=copy, args=(target, client), daemon=True).start()
            copy(client, target)


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        # Whoever has gone needs nothing more.
        pass
