"""Drives a simulated cluster with python3-proxmoxer and prints what it saw as JSON.

Arguments: host, port. Standard input: a JSON object with user, password,
token_user, token_name and token_value. Certificates are not looked at: the
simulated ones are signed by nobody this machine knows.
"""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
from proxmoxer import ProxmoxAPI  # noqa: E402
from proxmoxer.core import ResourceException  # noqa: E402


def follow(api, node, upid):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        status = api.nodes(node).tasks(upid).status.get()
        if status["status"] == "stopped":
            return status["exitstatus"]
        time.sleep(0.05)
    raise TimeoutError(upid)


def main():
    host, port = sys.argv[1], int(sys.argv[2])
    secrets = json.load(sys.stdin)
    api = ProxmoxAPI(
        host, port=port, user=secrets["user"], password=secrets["password"], verify_ssl=False
    )
    seen = {"version": api.version.get()["version"]}
    seen["nodes"] = sorted(node["node"] for node in api.nodes.get())
    guests = api.cluster.resources.get(type="vm")
    seen["guests"] = len(guests)
    stopped = sorted(
        (g for g in guests if g["type"] == "qemu" and g["status"] == "stopped" and not g["template"]),
        key=lambda g: g["vmid"],
    )[0]
    machine = api.nodes(stopped["node"]).qemu(stopped["vmid"])
    upid = machine.status.start.post()
    seen["vmid"] = stopped["vmid"]
    seen["exit"] = follow(api, stopped["node"], upid)
    seen["log"] = [line["t"] for line in api.nodes(stopped["node"]).tasks(upid).log.get()]
    seen["status"] = machine.status.current.get()["status"]
    machine.config.put(tags="one;two", description="a & b; c")
    seen["tags"] = machine.config.get()["tags"]
    seen["description"] = machine.config.get()["description"]
    try:
        api.nodes(stopped["node"]).qemu(99999).status.current.get()
    except ResourceException as error:
        seen["unknown"] = [error.status_code, error.content]
    token = ProxmoxAPI(
        host,
        port=port,
        user=secrets["token_user"],
        token_name=secrets["token_name"],
        token_value=secrets["token_value"],
        verify_ssl=False,
    )
    seen["token_nodes"] = sorted(node["node"] for node in token.nodes.get())
    json.dump(seen, sys.stdout)


main()
