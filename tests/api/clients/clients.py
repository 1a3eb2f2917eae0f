"""The clients: how each is installed and started. `run` starts this where the Python ones are: CACHE BINARY [CLIENT…]."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time

from server import Server

HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(sys.argv[1])


def python(binary, client):
    return subprocess.run([sys.executable, str(HERE / client / "checks.py"), binary],
                          env={**os.environ, "PYTHONPATH": str(HERE)}).returncode


def javascript(binary, client):
    package = HERE / client / "package.json"
    modules = CACHE / f"{client}-{hashlib.sha256(package.read_bytes()).hexdigest()[:8]}"
    if not (modules / "installed").exists():
        modules.mkdir(parents=True, exist_ok=True)
        shutil.copy(package, modules)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=modules, check=True)
        (modules / "installed").touch()
    with Server(binary) as server:
        return subprocess.run(["node", "--test", "--test-reporter=spec", str(HERE / client / "checks.mjs")],
                              env={**server.environment(), "MODULES": str(modules), "NODE_NO_WARNINGS": "1"}).returncode


def rust(binary, client):
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", CACHE)) / client
    command = ["cargo", "test", "--quiet", "--locked", "--manifest-path", str(HERE / client / "Cargo.toml"),
               "--target-dir", str(target)]
    subprocess.run([*command, "--no-run"], check=True)
    with Server(binary) as server:
        return subprocess.run(command, env=server.environment()).returncode


CLIENTS = {
    "botocore": python,
    "javascript": javascript,
    "octodns": python,
    "certbot": python,
    "lego": python,
    "ansible": python,
    "rust-sdk": rust,
}


def main():
    binary, *names = sys.argv[2:]
    if unknown := set(names) - set(CLIENTS):
        sys.exit(f"no such client: {', '.join(sorted(unknown))}; there are {', '.join(CLIENTS)}")
    failed = []
    for name in names or CLIENTS:
        print(f"--- {name}", flush=True)
        began = time.monotonic()
        if CLIENTS[name](binary, name) != 0:
            failed.append(name)
        print(f"    {time.monotonic() - began:.0f} s", flush=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


main()
