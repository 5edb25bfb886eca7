"""An issuer of JSON Web Tokens (PyJWT, cryptography), with its public keys at /keys.

Each line of standard input is a command as JSON; the answer is a line that begins with the command's name:
{"name": "a", "alg": "RS256", "key": "rsa", "claims": {...}, "headers": {...}} signs a token with one of the keys rsa, ec
and ed; {"name": "b", "rotate": true} makes other keys; {"name": "c", "count": true} tells how often /keys was asked for.
The algorithm `none` and HMAC with a public key are made by hand, since no library would.
"""

import argparse
import base64
import datetime
import hashlib
import hmac
import ipaddress
import json
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

ALGORITHMS = {"rsa": ("RS256", RSAAlgorithm), "ec": ("ES256", ECAlgorithm), "ed": ("EdDSA", OKPAlgorithm)}


class Issuer:
    def __init__(self):
        self.run, self.fetched = 0, 0
        self.rotate()

    def rotate(self):
        self.run += 1
        self.keys = {
            "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
            "ec": ec.generate_private_key(ec.SECP256R1()),
            "ed": ed25519.Ed25519PrivateKey.generate(),
        }

    def set(self):
        keys = []
        for name, (algorithm, kind) in ALGORITHMS.items():
            key = kind.to_jwk(self.keys[name].public_key(), as_dict=True)
            keys.append({**key, "kid": f"{name}-{self.run}", "alg": algorithm, "use": "sig"})
        return {"keys": keys + [{"kty": "oct", "k": "c2VjcmV0", "kid": "secret"}, {"kty": "new"}]}

    def token(self, command):
        name, algorithm, claims = command["key"], command["alg"], command["claims"]
        headers = {"kid": f"{name}-{self.run}", **command.get("headers", {})}
        headers = {key: value for key, value in headers.items() if value is not None}
        key = self.keys[name]
        if algorithm in ("none", "HS256"):
            pem = key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return by_hand({"alg": algorithm, "typ": "JWT", **headers}, claims, pem)
        return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(headers, claims, secret):
    signed = f"{text(json.dumps(headers).encode())}.{text(json.dumps(claims).encode())}"
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest() if headers["alg"] != "none" else b""
    return f"{signed}.{text(signature)}"


def certificate(folder):
    """A certificate for this machine, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "issuer.pem").write_bytes(made.public_bytes(pem))
    (folder / "issuer.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "issuer.pem", folder / "issuer.key")
    return context


class Keys(BaseHTTPRequestHandler):
    def do_GET(self):
        issuer.fetched += 1
        body = json.dumps(issuer.set()).encode()
        self.send_response(200 if self.path == "/keys" else 404)
        self.send_header("Content-Type", "application/jwk-set+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--data", type=Path, required=True)
parser.add_argument("--tls", action="store_true")
options = parser.parse_args()
issuer = Issuer()
server = HTTPServer(("127.0.0.1", options.port), Keys)
if options.tls:
    server.socket = certificate(options.data).wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"READY {'https' if options.tls else 'http'}://localhost:{options.port}/keys", flush=True)
for line in sys.stdin:
    command = json.loads(line)
    if command.get("rotate"):
        issuer.rotate()
        answer = issuer.run
    else:
        answer = issuer.fetched if command.get("count") else issuer.token(command)
    print(command["name"], answer, flush=True)
