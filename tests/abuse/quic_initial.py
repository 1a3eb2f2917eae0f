"""The first packet of a QUIC client (RFC 9000, RFC 9001), made by hand so that nothing need follow it."""

import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = bytes([0, 0, 0, 1])
# RFC 9001 §5.2.
SALT = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
# RFC 9000 §14.1.
DATAGRAM = 1200


def expand(secret, label, length):
    label = b"tls13 " + label
    info = struct.pack("!HB", length, len(label)) + label + b"\x00"
    return hmac.new(secret, info + b"\x01", hashlib.sha256).digest()[:length]


def block(content, width=2):
    return len(content).to_bytes(width, "big") + content


def extension(kind, content):
    return struct.pack("!H", kind) + block(content)


def client_hello(source_id):
    """For DNS over QUIC. Any 32 bytes are a key share of X25519."""
    parameter = lambda kind, value: bytes([kind]) + block(value, 1)
    parameters = parameter(0x0f, source_id) + parameter(0x04, b"\x80\x01\x00\x00") + parameter(0x08, b"\x40\x64")
    extensions = b"".join([
        extension(10, block(struct.pack("!H", 0x001d))),
        extension(13, block(struct.pack("!4H", 0x0403, 0x0804, 0x0807, 0x0401))),
        extension(16, block(block(b"doq", 1))),
        extension(43, block(struct.pack("!H", 0x0304), 1)),
        extension(51, block(struct.pack("!H", 0x001d) + block(os.urandom(32)))),
        extension(57, parameters),
    ])
    hello = b"\x03\x03" + os.urandom(32) + b"\x00" + block(struct.pack("!H", 0x1301)) + b"\x01\x00" + block(extensions)
    return b"\x01" + block(hello, 3)


def initial(destination_id, source_id, token=b"", number=0):
    """A datagram with a whole ClientHello."""
    secret = hmac.new(SALT, destination_id, hashlib.sha256).digest()
    secret = expand(secret, b"client in", 32)
    key, iv, mask_key = (expand(secret, label, length) for label, length in
                         ((b"quic key", 16), (b"quic iv", 12), (b"quic hp", 16)))
    hello = client_hello(source_id)
    frames = b"\x06\x00" + struct.pack("!H", 0x4000 | len(hello)) + hello
    head = b"\xc3" + VERSION + block(destination_id, 1) + block(source_id, 1) + \
        struct.pack("!H", 0x4000 | len(token)) + token
    frames = frames.ljust(DATAGRAM - len(head) - 2 - 4 - 16, b"\x00")
    head += struct.pack("!H", 0x4000 | 4 + len(frames) + 16) + struct.pack("!I", number)
    nonce = bytes(a ^ b for a, b in zip(iv, number.to_bytes(12, "big")))
    sealed = AESGCM(key).encrypt(nonce, frames, head)
    # RFC 9001 §5.4: the number has four bytes, so the sample begins with the sealed bytes.
    encryptor = Cipher(algorithms.AES(mask_key), modes.ECB()).encryptor()
    mask = encryptor.update(sealed[:16])
    masked = bytes([head[0] ^ mask[0] & 0x0f]) + head[1:-4] + bytes(a ^ b for a, b in zip(head[-4:], mask[1:5]))
    return masked + sealed


def read_retry(datagram):
    """The id and the token that the server wants to see (RFC 9000 §17.2.5); None if it is something else."""
    if len(datagram) < 7 or datagram[0] & 0xf0 != 0xf0:
        return None
    at = 6 + datagram[5]
    length = datagram[at]
    return datagram[at + 1:at + 1 + length], datagram[at + 1 + length:-16]
