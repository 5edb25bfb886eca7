"""Writes requests for certificates, made by the library `cryptography`, into the folder that is given."""

import ipaddress
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import AttributeOID

FOLDER = Path(sys.argv[1])
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
URI = x509.UniformResourceIdentifier("urn:works:press")
HOST = x509.DNSName("press.local")


def builder(*names):
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Press")])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return made.add_extension(x509.SubjectAlternativeName(names), critical=False) if names else made


def write(name, made, key=RSA, hash=hashes.SHA256(), **options):
    (FOLDER / f"{name}.der").write_bytes(made.sign(key, hash, **options).public_bytes(serialization.Encoding.DER))


def pss(salt, hash=hashes.SHA256()):
    return {"rsa_padding": padding.PSS(padding.MGF1(hash), salt)}


good = builder(URI, HOST, x509.IPAddress(ipaddress.ip_address("10.0.0.7")))
write("python-good", good)
write("python-sha384", good, hash=hashes.SHA384())
write("python-sha512", good, hash=hashes.SHA512())
write("python-pss", good, **pss(padding.PSS.DIGEST_LENGTH))
write("python-pss-longest-salt", good, **pss(padding.PSS.MAX_LENGTH))
write("python-pss-sha512", good, hash=hashes.SHA512(), **pss(padding.PSS.DIGEST_LENGTH, hashes.SHA512()))
for name, curve, hash in [
    ("p256-sha256", ec.SECP256R1(), hashes.SHA256()),
    ("p256-sha512", ec.SECP256R1(), hashes.SHA512()),
    ("p384-sha256", ec.SECP384R1(), hashes.SHA256()),
    ("p384-sha384", ec.SECP384R1(), hashes.SHA384()),
    ("p384-sha512", ec.SECP384R1(), hashes.SHA512()),
    ("brainpool256", ec.BrainpoolP256R1(), hashes.SHA256()),
    ("brainpool384", ec.BrainpoolP384R1(), hashes.SHA384()),
]:
    write(f"python-{name}", good, key=ec.generate_private_key(curve), hash=hash)
write("python-two-uris", builder(URI, x509.UniformResourceIdentifier("urn:works:other")))
write("python-same-uri-twice", builder(URI, URI))
write("python-no-extensions", builder())
write("python-hosts-only", builder(HOST))
write("python-unrecorded-hosts", builder(URI, HOST, x509.DNSName("Boss.local"), x509.IPAddress(ipaddress.ip_address("10.0.0.8"))))
write("python-authority", good.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True))
wishes = good.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
wishes = wishes.add_extension(x509.ExtendedKeyUsage([x509.OID_OCSP_SIGNING]), critical=True)
wishes = wishes.add_extension(x509.SubjectKeyIdentifier(b"mine"), critical=False)
usage = dict.fromkeys(["content_commitment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"], False)
usage.update(digital_signature=True, key_encipherment=True, key_cert_sign=True, crl_sign=True)
wishes = wishes.add_extension(x509.KeyUsage(**usage), critical=True)
wishes = wishes.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), critical=True)
write("python-wishes", wishes.add_attribute(AttributeOID.CHALLENGE_PASSWORD, b"secret"))
