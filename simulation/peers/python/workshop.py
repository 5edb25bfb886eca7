"""Makes keys, certificates and revocation lists as a plan wants them, also wrong ones.

    python workshop.py PLAN

PLAN is a file of JSON:

    folder        where all of it goes: NAME.key (PEM), NAME.der, NAME.pem, NAME.crl
    keys          name -> bits of RSA, or a curve: "P-256", "P-384"
    certificates  in the order in which they are made; see `certificate`
    lists         revocation lists; see `revocations`

Prints what it made.
"""

import datetime
import ipaddress
import json
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.datetime.now(datetime.timezone.utc)
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1}
USES = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment"]
AUTHORITY_USES = ["key_cert_sign", "crl_sign"]
ALL_USES = [*USES, "key_agreement", *AUTHORITY_USES, "encipher_only", "decipher_only"]
EXTENDED = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code": ExtendedKeyUsageOID.CODE_SIGNING,
}


def main(plan):
    plan = json.loads(pathlib.Path(plan).read_text())
    folder = pathlib.Path(plan["folder"])
    keys = {name: new_key(kind) for name, kind in plan["keys"].items()}
    for name, key in keys.items():
        (folder / f"{name}.key").write_bytes(private(key))
    made = {}
    for wish in plan["certificates"]:
        made[wish["name"]] = certificate(wish, keys, made)
        write(folder, wish["name"], made[wish["name"]])
    for wish in plan["lists"]:
        (folder / f"{wish['name']}.crl").write_bytes(revocations(wish, keys, made).public_bytes(DER))
    print(len(keys), "keys,", len(made), "certificates,", len(plan["lists"]), "lists")


def new_key(kind):
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind]())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind))


def private(key):
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def certificate(wish, keys, made):
    """name, subject, key; issuer: name of its issuer's certificate, itself without; authority; uris, hosts; uses and
    extended: none where empty; days: from and to; sha1; damaged."""
    key = keys[wish["key"]].public_key()
    issuer = made.get(wish.get("issuer"))
    signer = keys[wish["signer"]]
    subject = name(wish["subject"])
    authority = wish.get("authority", False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(day(wish["days"][0]))
        .not_valid_after(day(wish["days"][1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
    )
    usual = AUTHORITY_USES if authority else USES
    uses = wish["uses"] if wish.get("uses") is not None else usual
    if uses:
        builder = builder.add_extension(x509.KeyUsage(**{use: use in uses for use in ALL_USES}), True)
    if wish.get("extended"):
        builder = builder.add_extension(x509.ExtendedKeyUsage([EXTENDED[use] for use in wish["extended"]]), False)
    names = [x509.UniformResourceIdentifier(uri) for uri in wish.get("uris", [])] + [
        host(text) for text in wish.get("hosts", [])
    ]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
    signed = builder.sign(signer, hashes.SHA256())
    if wish.get("sha1"):
        signed = by_sha1(signed, signer)
    return damaged(signed) if wish.get("damaged") else signed


def host(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def by_sha1(signed, signer):
    """The library signs certificates with sound algorithms alone: the same one, of another algorithm, signed by hand."""
    sound, broken = (bytes.fromhex(f"2a864886f70d0101{algorithm}") for algorithm in ("0b", "05"))
    content = signed.tbs_certificate_bytes.replace(sound, broken)
    whole = signed.public_bytes(DER).replace(sound, broken)
    signature = signer.sign(content, padding.PKCS1v15(), hashes.SHA1())
    return x509.load_der_x509_certificate(whole[: -len(signature)] + signature)


def damaged(signed):
    """With another last byte of the signature."""
    data = bytearray(signed.public_bytes(DER))
    data[-1] ^= 1
    return x509.load_der_x509_certificate(bytes(data))


def write(folder, name, certificate):
    (folder / f"{name}.der").write_bytes(certificate.public_bytes(DER))
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(PEM))


def revocations(wish, keys, made):
    """name; issuer: name of its certificate; signer: name of a key; revoked: names of certificates; days: from and to."""
    signer = keys[wish["signer"]]
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(made[wish["issuer"]].subject)
        .last_update(day(wish["days"][0]))
        .next_update(day(wish["days"][1]))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
        .add_extension(x509.CRLNumber(1), False)
    )
    for revoked in wish.get("revoked", []):
        entry = x509.RevokedCertificateBuilder().serial_number(made[revoked].serial_number).revocation_date(day(-1))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(signer, hashes.SHA256())


def name(common):
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Works"),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ])


def day(days):
    return NOW + datetime.timedelta(days=days)


if __name__ == "__main__":
    main(*sys.argv[1:])
