"""A client with key, certificate and trust lists out of a folder that `enroll` keeps.

    python enrolled_client.py --port 0 --url opc.tcp://127.0.0.1:4846 --uri urn:works:panel --pki DIR --name NAME

Connects with Basic256Sha256 and SignAndEncrypt, trusts nobody but whom `trusted/certs` says, prints READY <url> and `READ` with
the server's time.
"""

import argparse
import asyncio
import pathlib

from asyncua import Client, ua
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from asyncua.crypto.truststore import TrustStore
from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions


async def main():
    parser = argparse.ArgumentParser()
    for name in ("--port", "--data", "--url", "--uri", "--pki", "--name"):
        parser.add_argument(name)
    options = parser.parse_args()
    pki = pathlib.Path(options.pki)
    trusted = TrustStore([pki / "trusted/certs"], [])
    await trusted.load()
    client = Client(options.url)
    client.application_uri = options.uri
    checks = CertificateValidatorOptions.TRUSTED_VALIDATION | CertificateValidatorOptions.PEER_SERVER
    client.certificate_validator = CertificateValidator(checks, trusted)
    await client.set_security(
        SecurityPolicyBasic256Sha256,
        pki / f"own/certs/{options.name}.der",
        pki / f"own/private/{options.name}.pem",
    )
    async with client:
        print(f"READY {options.url}", flush=True)
        print("READ", await client.get_node(ua.NodeId(2258)).read_value(), flush=True)


asyncio.run(main())
