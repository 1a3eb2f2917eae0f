#!/usr/bin/env python3
"""Write ipv4.bin and ipv6.bin from the data of the crate iptocc, which tells the country of an address, but not where
the block ends that the address is in.

Usage: generate.py DIRECTORY, the crate's source, such as ~/.cargo/registry/src/*/iptocc-1.4.175. Run it after every
update of the crate; a test of country_boundaries.rs fails until then.

Each file holds the addresses at which the country changes (for IPv6 their upper 64 bits), in ascending order, as their
differences: `odd * 2^zeros`, written as the LEB128 of `(odd >> 1) << 6 | zeros`.
"""

import struct
import sys
from pathlib import Path

BUCKETS = 65_536
UNASSIGNED = 0xFF


def u16(data, at):
    return struct.unpack_from("<H", data, at)[0]


def u32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def u128(data, at):
    return int.from_bytes(data[at : at + 16], "little")


def ipv4_changes(data):
    """Stretches of one country as (first address, country), from address 0 on."""
    countries = BUCKETS * 4 + 4
    mixed_count = u32(data, countries + 2 * u32(data, BUCKETS * 4))
    mixed = countries + 2 * u32(data, BUCKETS * 4) + 4
    initial = mixed + (mixed_count + 1) * 4
    offsets = initial + mixed_count + 4
    codes = offsets + 2 * u32(data, initial + mixed_count)
    name = lambda index: None if index == UNASSIGNED else data[countries + 2 * index : countries + 2 * index + 2]
    for bucket in range(BUCKETS):
        first, tag = bucket << 16, u32(data, bucket * 4)
        if tag >> 30 == 2:
            yield first, None
        elif tag >> 30 == 1:
            yield first, name(tag & 0xFF)
        else:
            yield first, name(data[initial + (tag & 0x3FFF_FFFF)])
            begin, end = struct.unpack_from("<II", data, mixed + 4 * (tag & 0x3FFF_FFFF))
            for change in range(begin, end):
                yield first | u16(data, offsets + 2 * change), name(data[codes + change])


def ipv6_changes(data):
    def deep(at):
        return at + 4 + u32(data, at) * (2 + 257 * 4)

    populated = u32(data, BUCKETS)
    firsts = BUCKETS + 4
    countries_at = deep(deep(firsts + (populated + 1) * 4 + populated * 257 * 2))
    countries = countries_at + 4
    side = countries + 2 * u32(data, countries_at) + 4
    primary = side + 33 * u32(data, side - 4) + 4
    name = lambda index: data[countries + 2 * index : countries + 2 * index + 2]
    yield 0, None
    for bucket in range(BUCKETS):
        if data[bucket] == UNASSIGNED:
            continue
        begin, end = struct.unpack_from("<II", data, firsts + 4 * data[bucket])
        for entry in range(begin, end):
            record = primary + 6 * entry
            length = data[record + 4]
            if length == 0:
                at = side + 33 * u32(data, record)
                first, last, country = u128(data, at), u128(data, at + 16), name(data[at + 32])
            else:
                first, country = bucket << 112 | u32(data, record) << 80, name(data[record + 5])
                last = first | (1 << 128 - length) - 1
            yield first, country
            # Unless the next one begins here.
            yield last + 1, None


def boundaries(changes):
    merged = []
    for first, country in changes:
        if merged and merged[-1][0] == first:
            merged.pop()
        if not merged or merged[-1][1] != country:
            merged.append((first, country))
    return [first for first, _ in merged[1:]]


def leb128(number):
    while number >= 0x80:
        yield number & 0x7F | 0x80
        number >>= 7
    yield number


def packed(boundaries):
    packed, last = bytearray(), 0
    for boundary in boundaries:
        difference = boundary - last
        zeros = (difference & -difference).bit_length() - 1
        packed += bytes(leb128((difference >> zeros + 1) << 6 | zeros))
        last = boundary
    return packed


def main():
    data = Path(sys.argv[1]) / "src" / "data"
    ipv4 = boundaries(ipv4_changes((data / "v4.bin").read_bytes()))
    ipv6 = boundaries(ipv6_changes((data / "v6.bin").read_bytes()))
    assert all(boundary % (1 << 64) == 0 for boundary in ipv6), "a boundary needs more than 64 bits"
    here = Path(__file__).parent
    (here / "ipv4.bin").write_bytes(packed(ipv4))
    (here / "ipv6.bin").write_bytes(packed([boundary >> 64 for boundary in ipv6]))
    print(f"{len(ipv4)} boundaries of IPv4, {len(ipv6)} of IPv6")


if __name__ == "__main__":
    main()
