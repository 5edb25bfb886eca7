"""A server that trusts nobody but whom its folder of certificates says, for those who find out why it refuses them.

    python guarded_server.py --port 4847 --data DIR --uri urn:works:server --trust DIR --certificate FILE --key FILE
                             [--tokens Anonymous,UserName,Certificate] [--policies Basic256Sha256]

The folder has trusted/certs and trusted/crl. Prints READY <url>.
"""

import asyncio
import pathlib

from asyncua import Server, ua
from asyncua.crypto.truststore import TrustStore
from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions

from server import Users, flags, run

TOKENS = {
    "Anonymous": ua.AnonymousIdentityToken,
    "UserName": ua.UserNameIdentityToken,
    "Certificate": ua.X509IdentityToken,
}


async def main():
    options = flags(uri="urn:works:server", trust="", key="", tokens=",".join(TOKENS), policies="Basic256Sha256")
    server = Server(user_manager=Users())
    await server.init()
    await server.set_application_uri(options.uri)
    server.set_endpoint(f"opc.tcp://127.0.0.1:{options.port}")
    server.set_identity_tokens([TOKENS[name] for name in options.tokens.split(",")])
    await server.load_certificate(options.certificate)
    await server.load_private_key(options.key, format="pem")
    modes = [f"{policy}_{mode}" for policy in options.policies.split(",") for mode in ("Sign", "SignAndEncrypt")]
    server.set_security_policy([ua.SecurityPolicyType[name] for name in modes])
    trust = pathlib.Path(options.trust)
    store = TrustStore([trust / "trusted/certs"], [trust / "trusted/crl"])
    await store.load()
    checks = CertificateValidatorOptions.TRUSTED_VALIDATION | CertificateValidatorOptions.PEER_CLIENT
    server.set_certificate_validator(CertificateValidator(checks, store))
    await run(server, options)


asyncio.run(main())
