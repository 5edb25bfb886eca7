"""Makes the certificates of the test servers.

    python pki.py FOLDER APPLICATION_URI

FOLDER receives key.pem; self-signed.{pem,der}; leaf.pem, ca.{pem,der} and ca.crl where the CA signed
the leaf; chain.pem, the leaf followed by its CA.
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
    (folder / "ca.crl").write_bytes(empty_crl(ca, ca_key).public_bytes(DER))


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private(key):
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def name(common):
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "iiot"),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ])


def sign(subject, issuer, public_key, key, uri=None, authority=False):
    """A certificate as OPC 10000-6 §6.2.2 wants it."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(days=1))
        .not_valid_after(NOW + datetime.timedelta(days=365))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
    )
    self_signed = subject == issuer
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), True)
    builder = builder.add_extension(usage(signs_certificates=authority or self_signed, application=not authority), True)
    if uri:
        hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
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


def empty_crl(ca, ca_key):
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(ca.subject)
        .last_update(NOW - datetime.timedelta(days=1))
        .next_update(NOW + datetime.timedelta(days=365))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False)
        .add_extension(x509.CRLNumber(1), False)
        .sign(ca_key, hashes.SHA256())
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
