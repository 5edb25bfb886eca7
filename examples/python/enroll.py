"""Gets a certificate and trust lists for an application from a certificate manager.

    pip install iiot cryptography
    python enroll.py https://gds.plant:9701 --token-file token --fingerprint 12:34:… --uri urn:plant:press --host press.plant --pki pki

The key is made here and never leaves. Run it again to renew, and when somebody had to agree first.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

import iiot
from iiot.operations import ApplicationDescription, EnrollResponse, EnrolmentOperations, IssuedCertificate, PushedLists


async def enroll(place: iiot.Http, application: ApplicationDescription, host: str, pki: Path) -> bool:
    """Whether there is a certificate now."""
    request = signing_request(own_key(pki), application["applicationUri"], host)
    async with place.enrolment() as enrolment:
        answer = await asked(enrolment, base64.b64encode(request).decode(), application)
        print(f"application {answer['application']}: {answer['outcome']['kind']}")
        standing = await enrolment.standing()
    certificate, lists = standing.get("certificate"), standing.get("lists")
    if certificate is not None:
        write_certificate(certificate, pki)
    if lists is not None:
        write_lists(lists, pki)
    return certificate is not None


async def asked(enrolment: EnrolmentOperations, csr: str, application: ApplicationDescription) -> EnrollResponse:
    """Again while it is being made; where people must agree first, that is for later."""
    while True:
        answer = await enrolment.enroll(csr, application=application)
        outcome = answer["outcome"]
        if outcome["kind"] == "pending" and outcome.get("needed") == 0:
            await asyncio.sleep(0.5)
        else:
            return answer


def own_key(pki: Path) -> rsa.RSAPrivateKey:
    file = pki / "own/private/key.pem"
    if file.exists():
        key = serialization.load_pem_private_key(file.read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key
    key = rsa.generate_private_key(65537, 2048)
    plain, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as private:
        private.write(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return key


def signing_request(key: rsa.RSAPrivateKey, uri: str, host: str) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "press")])
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri), x509.DNSName(host)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name).add_extension(names, critical=False)
    request: bytes = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return request


def write_certificate(issued: IssuedCertificate, pki: Path) -> None:
    write(pki / "own/certs/certificate.der", issued["certificate"])
    for number, issuer in enumerate(issued["issuers"]):
        write(pki / f"own/issuers/{number}.der", issuer)
    print(f"certificate until {issued['validUntil']} in {pki / 'own/certs'}")


def write_lists(lists: PushedLists, pki: Path) -> None:
    kinds = {
        "trusted/certs": lists.get("trustedCertificates", []),
        "trusted/crl": lists.get("trustedCrls", []),
        "issuers/certs": lists.get("issuerCertificates", []),
        "issuers/crl": lists.get("issuerCrls", []),
    }
    for folder, items in kinds.items():
        for number, item in enumerate(items):
            write(pki / folder / f"{number}.der", item)
    print(f"trust lists in {pki}")


def write(file: Path, der: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(base64.b64decode(der))


def main() -> int:
    parser = argparse.ArgumentParser(description="gets a certificate from a certificate manager")
    parser.add_argument("manager", help="https://HOST:PORT")
    parser.add_argument("--token-file", type=Path, required=True, help="the token of the invitation")
    parser.add_argument("--fingerprint", help="SHA-256 of the manager's HTTPS certificate")
    parser.add_argument("--uri", required=True, help="the ApplicationUri")
    parser.add_argument("--host", required=True, help="by which name the application is reached")
    parser.add_argument("--pki", type=Path, required=True, help="folder for key, certificate and trust lists")
    flags = parser.parse_args()
    token = flags.token_file.read_text("utf-8").strip()
    place = iiot.Http(flags.manager, api_key=token, fingerprint=flags.fingerprint)
    application: ApplicationDescription = {
        "applicationUri": flags.uri,
        "applicationName": flags.host,
        "applicationType": "server",
        "productUri": "urn:example:press",
        "discoveryUrls": [f"opc.tcp://{flags.host}:4840"],
    }
    return 0 if asyncio.run(enroll(place, application, flags.host, flags.pki)) else 4


if __name__ == "__main__":
    sys.exit(main())
