"""Ansible's modules for Route 53 bring a zone to what a playbook says, and change nothing when it says so again."""

import json
import pathlib
import subprocess
import sys

from checking import check, equal, run
from server import Server

HERE = pathlib.Path(__file__).resolve().parent


class World:
    def __init__(self, server):
        self.server = server
        self.environment = {**server.environment(), "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
                            "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
                            "ANSIBLE_HOME": str(server.directory / "ansible"), "ANSIBLE_LOCAL_TEMP": str(server.directory / "ansible")}
        # Ansible is Debian's, with the system's Python.
        self.environment.pop("PYTHONPATH", None)

    def play(self, **variables):
        """The names of the tasks that changed something."""
        # Its modules run where boto3 is.
        variables["ansible_python_interpreter"] = sys.executable
        command = ["ansible-playbook", str(HERE / "site.yaml"), "--extra-vars", json.dumps(variables)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300)
        assert "{" in done.stdout, done.stderr
        tasks = json.loads(done.stdout[done.stdout.index("{"):])["plays"][0]["tasks"]
        failed = [it["hosts"]["localhost"] for it in tasks if it["hosts"]["localhost"].get("failed")]
        assert done.returncode == 0 and not failed, json.dumps(failed, indent=1)
        return [it["task"]["name"] for it in tasks if it["hosts"]["localhost"]["changed"]]

    def ask(self, name, record_type):
        return self.server.ask(f"{name}.ans.example".removeprefix("."), record_type)


@check
def a_playbook_makes_what_it_says(world):
    equal(len(world.play(address="192.0.2.1")), 6)
    equal(world.ask("www", "A"), (0, ["192.0.2.1", "192.0.2.2"]))
    equal(world.ask("", "A"), (0, ["192.0.2.1", "192.0.2.2"]))
    equal(world.ask("any.wild", "A"), (0, ["192.0.2.9"]))
    equal(world.ask("six", "AAAA"), (0, ["2001:db8::1"]))
    equal(world.ask("mail", "MX"), (0, ["10 a.ans.example.", "20 b.ans.example."]))
    equal(world.ask("text", "TXT"), (0, [r'"one; \"two\"" "three"']))
    equal(world.ask("issue", "CAA"), (0, ['0 issue "ca.example"']))
    equal(world.ask("_sip._tcp", "SRV"), (0, ["1 2 5060 sip.ans.example."]))
    equal(world.ask("app", "A"), (0, ["192.0.2.11"]))
    equal(world.ask("pair", "A"), (0, ["192.0.2.22"]))


@check
def the_same_playbook_changes_nothing(world):
    equal(world.play(address="192.0.2.1"), [])


@check
def another_address_changes_one_record(world):
    equal(world.play(address="192.0.2.3"), ["a record of each of some types"])
    equal(world.ask("www", "A"), (0, ["192.0.2.2", "192.0.2.3"]))


def main():
    with Server(sys.argv[1]) as server:
        sys.exit(1 if run(World(server)) else 0)


main()
