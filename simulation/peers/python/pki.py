"""Makes the certificates of the test servers.

    python pki.py FOLDER APPLICATION_URI

FOLDER receives key.pem; self-signed.{pem,der}; leaf.pem, ca.{pem,der} and ca.crl where the CA signed
the leaf; chain.pem, the leaf followed by its CA. Leaves of the CA with one fault each: expired,
other-host, other-uri. Lists of the CA besides: revoked.crl names the leaf,
expired.crl is out of date.
"""

import datetime
import ipaddress
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.now(datetime.timezone.utc)
FAULTS = {
    "expired": {"days": (-20, -10)},
    "other-host": {"host": "elsewhere"},
    "other-uri": {"uri": "urn:iiot:peer:somebody-else"},
}
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


def main(folder, uri):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    key, ca_key = new_key(), new_key()
    ca = sign(name("iiot test CA"), name("iiot test CA"), ca_key.public_key(), ca_key, authority=True)
    own = sign(name("iiot test server"), name("iiot test server"), key.public_key(), key, uri=uri)
    leaf = sign(name("iiot test server"), ca.subject, key.public_key(), ca_key, uri=uri)
    (folder / "key.pem").write_bytes(private(key))
    (folder / "key.pem").chmod(0o600)
    for certificate, file in ((own, "self-signed"), (leaf, "leaf"), (ca, "ca")):
        (folder / f"{file}.pem").write_bytes(certificate.public_bytes(PEM))
        (folder / f"{file}.der").write_bytes(certificate.public_bytes(DER))
    (folder / "chain.pem").write_bytes(leaf.public_bytes(PEM) + ca.public_bytes(PEM))
    for file, fault in FAULTS.items():
        faulty = sign(name("iiot test server"), ca.subject, key.public_key(), ca_key, **{"uri": uri, **fault})
        (folder / f"{file}.pem").write_bytes(faulty.public_bytes(PEM))
    (folder / "ca.crl").write_bytes(crl(ca, ca_key).public_bytes(DER))
    (folder / "revoked.crl").write_bytes(crl(ca, ca_key, revoked=leaf).public_bytes(DER))
    (folder / "expired.crl").write_bytes(crl(ca, ca_key, days=-1).public_bytes(DER))


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private(key):
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def name(common):
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "iiot"),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ])


def sign(subject, issuer, public_key, key, uri=None, authority=False, days=(-1, 365), host=None):
    """A certificate as OPC 10000-6 §6.2.2 wants it, unless it is asked to be otherwise."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(day(days[0]))
        .not_valid_after(day(days[1]))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
    )
    self_signed = subject == issuer
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), True)
    builder = builder.add_extension(usage(authority or self_signed, not authority), True)
    if uri:
        local = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        hosts = [x509.DNSName(host)] if host else local
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri), *hosts]), False
        ).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False
        )
    return builder.sign(key, hashes.SHA256())


def usage(signs_certificates, application):
    return x509.KeyUsage(
        digital_signature=application,
        content_commitment=application,
        key_encipherment=application,
        data_encipherment=application,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=not application,
        encipher_only=False,
        decipher_only=False,
    )


def crl(ca, ca_key, revoked=None, days=365):
    """A list that is good for so many days and names this certificate, if any."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.subject)
        .last_update(day(-2))
        .next_update(day(days))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False)
        .add_extension(x509.CRLNumber(1), False)
    )
    if revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(revoked.serial_number).revocation_date(day(-1))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(ca_key, hashes.SHA256())


def day(days):
    return NOW + datetime.timedelta(days=days)


if __name__ == "__main__":
    main(*sys.argv[1:])
