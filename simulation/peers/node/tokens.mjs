// Issued tokens, which the stack lets in unseen: decrypts what a client sends and checks the JSON Web Token.
//
// A token is signed by HMAC-SHA256 with the key "shared" and has the claims `sub` and `exp`. For each one that is let
// in, prints TOKEN <sub> <form>, where form is rsa-encrypted-secret, legacy or plain.
import crypto from "node:crypto";
import fs from "node:fs";
import {
  getCryptoFactory,
  IssuedIdentityToken,
  SecurityPolicy,
  StatusCodes,
  UserNameIdentityToken,
  UserTokenPolicy,
  UserTokenType,
} from "node-opcua";

const JWT = "http://opcfoundation.org/UA/UserToken#JWT";
const MAC = 32; // of HMAC-SHA256, which all the policies here use

/// Offers tokens on every endpoint, protected as the channel is; in clear, by Basic256Sha256.
export function takeTokens(server, keyFile) {
  const key = fs.readFileSync(keyFile, "utf8");
  const own = { key, thumbprint: () => crypto.createHash("sha1").update(server.getCertificate()).digest() };
  const issuer = JSON.stringify({ "ua:authorityUrl": "https://issuer.test", "ua:resourceId": "urn:iiot:peer" });
  for (const endpoint of server.endpoints.flatMap((each) => each.endpointDescriptions())) {
    const inClear = endpoint.securityPolicyUri === SecurityPolicy.None;
    const securityPolicyUri = inClear ? SecurityPolicy.Basic256Sha256 : null;
    endpoint.userIdentityTokens.push(
      new UserTokenPolicy({
        policyId: "jwt",
        tokenType: UserTokenType.IssuedToken,
        issuedTokenType: JWT,
        issuerEndpointUrl: issuer,
        securityPolicyUri,
      }),
    );
  }
  const others = server.isUserAuthorized.bind(server);
  server.isUserAuthorized = (channel, session, token, callback) => {
    if (!(token instanceof IssuedIdentityToken)) return others(channel, session, token, callback);
    try {
      const { secret, form } = open(token, channel.securityPolicy, own, session.nonce);
      const { sub } = checked(secret);
      console.log(`TOKEN ${sub} ${form}`);
      callback(null, true);
      // The stack dies of users by token when it looks for their roles; it takes what the session holds for the user.
      session.userIdentityToken = new UserNameIdentityToken({ policyId: token.policyId, userName: sub });
    } catch (cause) {
      console.error(`token refused: ${cause.message}`);
      callback(null, false, cause.status ?? StatusCodes.BadIdentityTokenInvalid);
    }
  };
}

/// Takes the secret out of whatever form it came in.
function open(token, channelPolicy, own, nonce) {
  const policy = channelPolicy === SecurityPolicy.None ? SecurityPolicy.Basic256Sha256 : channelPolicy;
  if (token.encryptionAlgorithm) {
    const algorithm = getCryptoFactory(policy).asymmetricEncryptionAlgorithm;
    if (token.encryptionAlgorithm !== algorithm) throw new Error("another algorithm than the policy's");
    return { secret: legacy(decrypted(policy, own.key, token.tokenData), nonce), form: "legacy" };
  }
  if (token.tokenData.readUInt16LE(2) === 17545) {
    return { secret: rsaEncryptedSecret(token.tokenData, policy, own, nonce), form: "rsa-encrypted-secret" };
  }
  throw new Error("a token in clear");
}

/// The claims, if the token is ours and has not expired.
function checked(secret) {
  const [header, claims, signature] = secret.toString("utf8").split(".");
  const expected = crypto.createHmac("sha256", "shared").update(`${header}.${claims}`).digest("base64url");
  const { sub, exp } = JSON.parse(Buffer.from(claims, "base64url"));
  const reason = signature !== expected ? "wrong token signature" : exp * 1000 < Date.now() ? "expired" : null;
  if (reason) throw Object.assign(new Error(reason), { status: StatusCodes.BadIdentityTokenRejected });
  return { sub };
}

/// OPC 10000-4 §7.40.2.2.
function legacy(plain, nonce) {
  const length = plain.readUInt32LE(0);
  if (length !== plain.length - 4) throw new Error("another length than it says");
  if (!plain.subarray(plain.length - nonce.length).equals(nonce)) throw new Error("another nonce");
  return plain.subarray(4, plain.length - nonce.length);
}

/// OPC 10000-4 §7.40.2.3 and §7.40.2.4.
function rsaEncryptedSecret(data, policy, own, nonce) {
  let at = 0;
  const take = (length) => data.subarray(at, (at += length));
  const byteString = () => take(take(4).readInt32LE(0));
  if (!take(5).equals(Buffer.from([1, 0, 0x89, 0x44, 1]))) throw new Error("another type");
  if (take(4).readUInt32LE(0) !== data.length - at) throw new Error("another length than it says");
  if (byteString().toString() !== policy) throw new Error("another policy than the token policy's");
  if (!byteString().equals(own.thumbprint())) throw new Error("encrypted for another certificate");
  const age = Date.now() - Number(take(8).readBigInt64LE(0) / 10_000n - 11_644_473_600_000n);
  if (Math.abs(age) > 60_000) throw new Error("signed at another time");
  const keyData = decrypted(policy, own.key, take(take(2).readUInt16LE(0)));
  const [signing, encrypting, iv] = byteStrings(keyData, 3);
  const body = data.subarray(at, data.length - MAC);
  const mac = crypto.createHmac("sha256", signing).update(data.subarray(0, data.length - MAC)).digest();
  if (!mac.equals(data.subarray(data.length - MAC))) throw new Error("wrong signature");
  const cipher = crypto.createDecipheriv(`aes-${encrypting.length * 8}-cbc`, encrypting, iv).setAutoPadding(false);
  const plain = Buffer.concat([cipher.update(body), cipher.final()]);
  const padding = plain.readUInt16LE(plain.length - 2);
  const end = plain.length - 2 - padding;
  if (plain.subarray(end, plain.length - 2).some((byte) => byte !== (padding & 0xff))) throw new Error("wrong padding");
  const [its, secret] = byteStrings(plain.subarray(0, end), 2);
  if (!its.equals(nonce)) throw new Error("another nonce");
  return secret;
}

function byteStrings(data, count) {
  const strings = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const end = at + 4 + data.readInt32LE(at);
    strings.push(data.subarray(at + 4, end));
    at = end;
  }
  if (at !== data.length) throw new Error("something behind the last field");
  return strings;
}

function decrypted(policy, key, data) {
  const oaepHash = policy === SecurityPolicy.Aes256_Sha256_RsaPss ? "sha256" : "sha1";
  const size = crypto.createPrivateKey(key).asymmetricKeyDetails.modulusLength / 8;
  const blocks = [];
  for (let at = 0; at < data.length; at += size) {
    const padding = crypto.constants.RSA_PKCS1_OAEP_PADDING;
    blocks.push(crypto.privateDecrypt({ key, padding, oaepHash }, data.subarray(at, at + size)));
  }
  return Buffer.concat(blocks);
}
