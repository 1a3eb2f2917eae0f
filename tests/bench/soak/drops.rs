//! What the kernel has thrown away because nobody took it from a socket in time.

use std::fs;

/// Of all UDP sockets over IPv4 with these ports, as datagrams.
pub fn drops(is_meant: impl Fn(u16) -> bool) -> u64 {
    let table = fs::read_to_string("/proc/net/udp").unwrap();
    let of_line = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let port = u16::from_str_radix(fields.get(1)?.rsplit_once(':')?.1, 16).ok()?;
        Some((port, fields.last()?.parse::<u64>().ok()?))
    };
    table.lines().skip(1).filter_map(of_line).filter(|(port, _)| is_meant(*port)).map(|(_, drops)| drops).sum()
}
