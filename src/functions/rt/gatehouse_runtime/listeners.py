"""Opens the sandbox's own ports in its network namespace and hands the sockets to the platform, in node's IPC framing."""
import array
import json
import os
import socket

ADDRESS = "0.0.0.0"
BACKLOG = 511


def _give(channel, name, kind, handle):
    message = {"cmd": "NODE_HANDLE", "type": kind, "msg": {"handle": name}}
    if kind == "dgram.Socket":
        message["dgramType"] = "udp4"
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [handle.fileno()]))]
    channel.sendmsg([json.dumps(message).encode() + b"\n"], rights)
    answer = b""
    while b"NODE_HANDLE_ACK" not in answer:
        part = channel.recv(4096)
        if not part:
            os._exit(1)
        answer += part
    handle.close()


def hand_over(ports, dns=None, host=ADDRESS):
    """Answers the ports by name: 0 takes a free one."""
    taken = {}
    channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"]))
    channel.setblocking(True)
    for name, port in ports:
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((host, port))
        server.listen(BACKLOG)
        taken[name] = server.getsockname()[1]
        _give(channel, name, "net.Native", server)
    if dns is not None:
        names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        names.bind((ADDRESS, dns))
        _give(channel, "dns", "dgram.Socket", names)
    channel.close()
    return taken
