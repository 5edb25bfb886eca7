"""What every server here has in common: flags, certificates, users, a clean stop."""

import argparse
import asyncio
import pathlib
import signal
import time

from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole

UNIX_EPOCH = 116_444_736_000_000_000


def flags(**more):
    """Flags of every server plus `more`: name -> default."""
    common = {"port": 0, "pki": None, "certificate": "self-signed", "data": None, "legacy": None}
    parser = argparse.ArgumentParser()
    for name, default in {**common, **more}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", default=default, type=type(default) if default else str)
    return parser.parse_args()


class Users:
    """Anonymous users, users with any certificate, and some with passwords; the second is longer than one block of RSA."""

    PASSWORDS = {"user": "secret", "longwinded": "x" * 300}

    def get_user(self, iserver, username=None, password=None, certificate=None):
        if username is None or (password and self.PASSWORDS.get(username) == password):
            return User(role=UserRole.User)
        return None


async def startable(options, uri):
    server = Server(user_manager=Users())
    await server.init()
    await server.set_application_uri(uri)
    server.set_endpoint(f"opc.tcp://127.0.0.1:{options.port}")
    server.set_identity_tokens([ua.AnonymousIdentityToken, ua.UserNameIdentityToken, ua.X509IdentityToken])
    names = ["NoSecurity"]
    if options.pki:
        pki = pathlib.Path(options.pki)
        await server.load_certificate(pki / f"{options.certificate}.pem")
        await server.load_private_key(pki / "key.pem")
        names += [f"{policy}_{mode}" for policy in policies(options) for mode in ("Sign", "SignAndEncrypt")]
    server.set_security_policy([ua.SecurityPolicyType[name] for name in names])
    # A variable that anybody may write, below the Server object, out of the way of everything else.
    scratch = ua.NodeId("Scratch", 1), ua.QualifiedName("Scratch", 1)
    await (await server.nodes.server.add_variable(*scratch, ua.Variant(0, ua.VariantType.Int32))).set_writable()
    return server


def policies(options):
    sound = ["Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss"]
    broken = ["Basic128Rsa15", "Basic256"]
    return {None: sound, "yes": sound + broken, "only": broken}[options.legacy]


async def run(server, options):
    """Listens, says so, and stops when it is asked to."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with server:
        print(f"READY opc.tcp://127.0.0.1:{options.port}", flush=True)
        await stopped.wait()


def now():
    """100 ns ticks since 1601."""
    return time.time_ns() // 100 + UNIX_EPOCH
