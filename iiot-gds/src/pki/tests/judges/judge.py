"""Judges chains by the library `cryptography`: the first argument is the time, the others are folders.

With `--any-curve` before them, it takes the keys that the web does not.
"""

import datetime
import sys
from pathlib import Path

from cryptography import x509
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store


def certificate(folder, name):
    return x509.load_der_x509_certificate((folder / f"{name}.der").read_bytes())


def check_list(folder, name, issuer, below, at):
    """The library checks paths, but no revocation lists; it reads and verifies them."""
    crl = x509.load_der_x509_crl((folder / f"{name}.crl").read_bytes())
    named = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    crl.extensions.get_extension_for_class(x509.CRLNumber)
    assert crl.issuer == issuer.subject, "another issuer"
    assert named.key_identifier == own.digest, "the list names another key"
    assert crl.is_signature_valid(issuer.public_key()), "the list is not signed by its issuer"
    assert crl.last_update_utc <= at <= crl.next_update_utc, "the list is outdated"
    revoked = crl.get_revoked_certificate_by_serial_number(below.serial_number)
    assert revoked is None, f"revoked since {revoked.revocation_date_utc}"


def check_names(issuer, below):
    named = below.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert named.key_identifier == own.digest, "it names another key as its issuer's"
    below.verify_directly_issued_by(issuer)


def check_path(root, issuing, leaf, at):
    """What the web wants of authorities; its leaves are others."""
    policies = {"ca_policy": ExtensionPolicy.webpki_defaults_ca(), "ee_policy": ExtensionPolicy.permit_all()}
    policy = PolicyBuilder().store(Store([root])).time(at).extension_policies(**policies)
    policy.build_client_verifier().verify(leaf, [issuing])


def check_extensions(root, issuing, leaf, at):
    """The same by hand, for keys that no path is built of."""
    for one, is_authority in ((root, True), (issuing, True), (leaf, False)):
        assert one.not_valid_before_utc <= at <= one.not_valid_after_utc, "not valid"
        assert one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca == is_authority
        usage = one.extensions.get_extension_for_class(x509.KeyUsage).value
        assert usage.key_cert_sign == usage.crl_sign == is_authority, "another use"


def judge(folder, at):
    root, issuing, leaf = (certificate(folder, name) for name in ("root", "issuing", "leaf"))
    (check_extensions if ANY_CURVE else check_path)(root, issuing, leaf, at)
    check_names(root, root)
    check_names(root, issuing)
    check_names(issuing, leaf)
    check_list(folder, "root", root, issuing, at)
    check_list(folder, "issuing", issuing, leaf, at)


ANY_CURVE = sys.argv[1] == "--any-curve"
time, *folders = sys.argv[2:] if ANY_CURVE else sys.argv[1:]
at = datetime.datetime.fromtimestamp(int(time), datetime.timezone.utc)
for folder in map(Path, folders):
    try:
        judge(folder, at)
        verdict = "trusted"
    except Exception as refusal:
        verdict = f"refused {type(refusal).__name__} {refusal}".replace("\n", " ")
    print(folder.name, verdict)
