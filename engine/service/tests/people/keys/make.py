"""Makes the keys and tokens of these tests with PyJWT, which shares no code with flowrun: `python make.py`, with PyJWT and cryptography installed.

The keys are for tests alone. Each run makes new ones, and tokens that fit them; the tests fix their clock at 2026-03-01 and the tokens live to 2099.
"""

import base64
import hashlib
import hmac
import json
import pathlib

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

HERE = pathlib.Path(__file__).parent
PEM = serialization.Encoding.PEM
MADE, ENDS = 1772323200, 4070908800  # 2026-03-01, 2099-01-01

keys = {name: rsa.generate_private_key(public_exponent=65537, key_size=2048) for name in ["one", "two", "stranger", "client"]}
jwks = []
for name, key in keys.items():
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (HERE / f"{name}.pem").write_bytes(private)
    if name in ["one", "client"]:
        (HERE / f"{name}.public.pem").write_bytes(public)
    jwk = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    jwks.append({"kid": name, "use": "sig", "alg": "RS256"} | {member: jwk[member] for member in ["kty", "n", "e"]})
(HERE / "jwks.json").write_text(json.dumps({"keys": jwks}, indent=1) + "\n")

claims = {
    "ver": 1,
    "jti": "AT.1",
    "iss": "https://acme.okta.com/oauth2/default",
    "aud": "api://flows",
    "iat": MADE,
    "exp": ENDS,
    "cid": "0oa1caller",
    "scp": ["okta.workflows.invoke.manage"],
    "sub": "0oa1caller",
}
private = keys["one"]
text = (HERE / "one.public.pem").read_bytes()
# HS256 "signed" by the public key, which PyJWT refuses to do itself.
forged = jwt.encode(claims, "x" * 32, algorithm="HS256", headers={"kid": "one"})
head = forged.rsplit(".", 1)[0]
mac = base64.urlsafe_b64encode(hmac.new(text, head.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()
tokens = {
    "good": jwt.encode(claims, private, algorithm="RS256", headers={"kid": "one"}),
    "none": jwt.encode(claims, None, algorithm="none", headers={"kid": "one"}),
    "hs256 by the public key": f"{head}.{mac}",
    "rs512": jwt.encode(claims, private, algorithm="RS512", headers={"kid": "one"}),
    "ps256": jwt.encode(claims, private, algorithm="PS256", headers={"kid": "one"}),
    "no kid": jwt.encode(claims, private, algorithm="RS256"),
    "kid of another key": jwt.encode(claims, private, algorithm="RS256", headers={"kid": "two"}),
    "stranger's key, known kid": jwt.encode(claims, keys["stranger"], algorithm="RS256", headers={"kid": "one"}),
    "crit": jwt.encode(claims, private, algorithm="RS256", headers={"kid": "one", "crit": ["x"], "x": 1}),
    "own key in the header": jwt.encode(
        claims, keys["stranger"], algorithm="RS256", headers={"kid": "one", "jwk": jwks[2], "jku": "https://evil.example/keys"}
    ),
}
(HERE / "tokens.json").write_text(json.dumps(tokens, indent=1) + "\n")
