"""A client that tries to come in with a certificate, encrypted.

    python knock.py URL SERVER_CERTIFICATE CERTIFICATE KEY APPLICATION_URI

The certificates are DER, the key PEM. Prints ACCEPTED with the time that the server tells, or REFUSED and why.
"""

import asyncio
import sys

from asyncua import Client, ua
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256


async def main(url, server, certificate, key, application_uri):
    client = Client(url, timeout=10)
    client.application_uri = application_uri
    try:
        await client.set_security(
            SecurityPolicyBasic256Sha256,
            certificate,
            key,
            server_certificate=server,
            mode=ua.MessageSecurityMode.SignAndEncrypt,
        )
        async with client:
            print("ACCEPTED", await client.get_node(ua.ObjectIds.Server_ServerStatus_CurrentTime).read_value())
    except (ua.UaError, OSError, asyncio.TimeoutError) as error:
        print("REFUSED", type(error).__name__, error)


asyncio.run(main(*sys.argv[1:]))
