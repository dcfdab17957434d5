#!/usr/bin/env python3
"""Makes the golden vectors beside it from the written formats, without a line of the Rust code.

Needs Python 3.11 and `cryptography` (from PyPI, 45 or newer) for AES-GCM and Argon2id; everything else is the standard
library's. Nothing runs it in a test: the JSON files are the released formats, and a change in one is a change of format.
"""

import hashlib
import hmac
import json
import struct
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

HERE = Path(__file__).parent
META, SECRET, ROOT_KEY_WRAP, PREVIOUS_ROOT_KEY, SECRET_KEY, DEVICE, ACTIVITY, BACKUP = range(1, 9)
NAMES = ["", "meta", "secret", "root key wrap", "previous root key", "secret key", "device", "activity", "backup"]


def fixed(label: str, length: int) -> bytes:
    """Bytes that look random and never change."""
    return hashlib.sha512(b"keymoor vectors: " + label.encode()).digest()[:length]


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def hmac256(key: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key, b"".join(parts), "sha256")


def sized(part: bytes) -> bytes:
    return struct.pack(">I", len(part)) + part


def hkdf(salt: bytes, key: bytes, label: bytes, parts: list[bytes], length: int = 32) -> bytes:
    """RFC 5869 by hand. The info is the label, then each part after its length in four bytes."""
    info = label + b"".join(map(sized, parts))
    prk = hmac256(salt or bytes(32), key)
    okm, block, i = b"", b"", 1
    while len(okm) < length:
        block = hmac256(prk, block, info, bytes([i]))
        okm, i = okm + block, i + 1
    return okm[:length]


# Keys


def vault_key(root: bytes, vault: bytes, epoch: int) -> bytes:
    return hkdf(b"", root, b"keymoor/v1/vault", [vault, struct.pack(">I", epoch)])


def from_root(root: bytes, label: str) -> bytes:
    return hkdf(b"", root, b"keymoor/v1/" + label.encode(), [])


def stretch(password: str, secret_key: bytes, account: bytes) -> dict[str, bytes]:
    """Profile 1. `password` must be in NFKC already."""
    salt = hkdf(b"", secret_key, b"keymoor/v1/salt", [account])[:16]
    stretched = Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=128 * 1024).derive(password.encode())
    return {
        "argon2id_salt": salt,
        "stretched": stretched,
        "auth_password": hkdf(secret_key, stretched, b"keymoor/v1/auth", []),
        "unlock_key": hkdf(secret_key, stretched, b"keymoor/v1/unlock", []),
    }


def secret_key_text(key: bytes) -> str:
    number = int.from_bytes(key + sha256(b"keymoor/v1/secret-key", key)[:4])
    digits = ["0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> shift & 31] for shift in range(155, -1, -5)]
    return "-".join(["KM1"] + ["".join(digits[i : i + 4]) for i in range(0, 32, 4)])


# Envelopes


def envelope(key, account, vault, class_, id_, version, epoch, schema, salt, text):
    """The envelope, and on the way there what it is made of."""
    header = b"KMR1" + struct.pack(">BB16sQIH", 1, class_, id_, version, epoch, schema)
    okm = hkdf(salt, key, b"keymoor/v1/envelope", [account, vault, header], 76)
    padded = text + b"\x80"
    padded += bytes(-len(padded) % 256)
    sealed = AESGCM(okm[:32]).encrypt(okm[32:44], padded, None)
    made = {"header": header, "aes_key": okm[:32], "nonce": okm[32:44], "commitment": okm[44:]}
    return made | {"envelope": header + salt + okm[44:] + sealed}


def envelope_cases():
    root, account, vault = fixed("root", 32), fixed("account", 16), fixed("vault", 16)
    texts = [
        (META, '{"name":"work","provider":"openai","note":"Zürich"}'),
        (SECRET, '{"api_key":"sk-vector-0123456789"}'),
        (SECRET, ""),
        (SECRET, "k" * 255),
        (SECRET, "k" * 256),
        (SECRET, "ends like padding \u0080\0\0"),
        (DEVICE, "a device record"),
        (ACTIVITY, "an activity segment"),
        (BACKUP, "a backup"),
    ]
    for i, (class_, text) in enumerate(texts):
        id_, version, epoch, schema = fixed(f"record {i}", 16), i + 1 + (i << 40), 3, 1 + i * 300
        salt, key = fixed(f"salt {i}", 32), vault_key(root, vault, epoch)
        made = envelope(key, account, vault, class_, id_, version, epoch, schema, salt, text.encode())
        context = {"account": account, "vault": vault, "class": class_, "id": id_, "version": version, "epoch": epoch}
        yield {"about": f"{NAMES[class_]}, {len(text.encode())} bytes", "root_key": root, "vault_key": key, **context,
               "schema": schema, "text": text, "salt": salt, **made}  # fmt: skip


# Records, state, commits


def records():
    root, account, vault, epoch = fixed("root", 32), fixed("account", 16), fixed("vault", 16), 3
    key = vault_key(root, vault, epoch)
    # The second shares its bucket with the first, and sorts before it.
    ids = [b"\x20" + fixed("id", 14) + b"\x07", b"\x10" + fixed("id", 14) + b"\x07", b"\x30" + fixed("id", 14) + b"\xff"]
    for i, id_ in enumerate(ids):
        version, deleted = 2**33 + i, i == 2
        meta, secret = (
            envelope(key, account, vault, class_, id_, version, epoch, 1, fixed(f"{class_} {i}", 32), text)["envelope"]
            for class_, text in [(META, b"meta"), (SECRET, b"secret")]
        )
        encoded = b"KMB1" + id_ + struct.pack(">QB", version, deleted) + sized(meta) + sized(secret)
        digest = sha256(b"keymoor/v1/record", sized(meta), sized(secret))
        yield {"id": id_, "version": version, "deleted": deleted, "digest": digest, "bytes": encoded}


def state(entries):
    buckets = [bytes(32)] * 256
    for last in range(256):
        inside = sorted((e for e in entries if e["id"][15] == last), key=lambda e: e["id"])
        if inside:
            parts = (e["id"] + struct.pack(">Q", e["version"]) + e["digest"] + bytes([e["deleted"]]) for e in inside)
            buckets[last] = sha256(b"keymoor/v1/bucket", *parts)
    filled = {f"{i:02x}": bucket for i, bucket in enumerate(buckets) if any(bucket)}
    return filled, sha256(b"keymoor/v1/state", *buckets)


def commits(entries):
    root, vault, device, epoch = fixed("root", 32), fixed("vault", 16), fixed("device", 16), 3
    commit_key = hkdf(b"", vault_key(root, vault, epoch), b"keymoor/v1/commit", [])
    first = [(e["id"], e["version"], e["digest"], 2 if e["deleted"] else 1) for e in sorted(entries, key=lambda e: e["id"])]
    second = [(entries[2]["id"], entries[2]["version"] + 1, bytes(32), 3)]
    parent = bytes(32)
    for seq, changes, after in [(1, [], []), (2, first, entries), (3, second, entries[:2])]:
        state_hash = state(after)[1]
        body = b"KMC1" + vault + struct.pack(">Q", seq) + parent + device
        body += struct.pack(">IQQI", epoch, 2**32 + 1, 1_790_000_000_000 + seq, len(changes))
        body += b"".join(id_ + struct.pack(">Q", v) + digest + bytes([kind]) for id_, v, digest, kind in changes)
        body += state_hash
        tag = hmac256(commit_key, b"keymoor/v1/commit", body)
        head = sha256(b"keymoor/v1/head", body, tag)
        listed = [dict(zip(["record", "version", "digest", "kind"], change)) for change in changes]
        yield {"root_key": root, "vault": vault, "seq": seq, "parent": parent, "device": device, "epoch": epoch,
               "document_version": 2**32 + 1, "written_at": 1_790_000_000_000 + seq, "changes": listed,
               "state": state_hash, "commit_key": commit_key, "bytes": body, "tag": tag, "head": head}  # fmt: skip
        parent = head


# Keys and the keys document


def derived_keys():
    root, account, vault, epoch = fixed("root", 32), fixed("account", 16), fixed("vault", 16), 3
    labels = ["account-proof", "index", "keychain-copy", "keys", "custody"]
    index_key = from_root(root, "index")
    tags = [["openai", "work"], ["openaiw", "ork"], ["Zürich"], []]
    return {
        "root_key": root, "epoch": epoch, "vault": vault, "vault_key": vault_key(root, vault, epoch),
        "commit": hkdf(b"", vault_key(root, vault, epoch), b"keymoor/v1/commit", []),
        **{label.replace("-", "_"): from_root(root, label) for label in labels},
        "index_tags": [
            {"parts": parts, "tag": hkdf(b"", index_key, b"keymoor/v1/index-tag", [p.encode() for p in parts], 16)}
            for parts in tags
        ],
    }  # fmt: skip


def activity():
    root, vault, epoch = fixed("root", 32), fixed("vault", 16), 3
    key = hkdf(b"", vault_key(root, vault, epoch), b"keymoor/v1/activity", [])
    before, entries = bytes(32), []
    for number, at, entry in [(1, 1_790_000_000_000, b"first"), (2, 1_790_000_000_001, b""), (2**32, 5, bytes(300))]:
        stamped = struct.pack(">Q", at) + entry
        link = hmac256(key, b"keymoor/v1/activity-link", before, struct.pack(">Q", number), stamped)
        waiting = hmac256(key, b"keymoor/v1/activity-use", before, stamped)
        entries.append({"number": number, "at": at, "entry": entry, "link": link, "waiting_link": waiting})
        before = link
    # As it stands in the setting: epoch, flags, the last that went, the last that is there, the last that waited.
    head = struct.pack(">IBQ", epoch, 2, 0) + bytes(32) + struct.pack(">Q", 2**32) + before + entries[0]["waiting_link"]
    return {"root_key": root, "epoch": epoch, "vault": vault, "activity_key": key, "before": bytes(32), "entries": entries, "head": head,
            "tag": hmac256(key, b"keymoor/v1/activity-head", head)}  # fmt: skip


def passwords():
    account = fixed("account", 16)
    secret_key = fixed("secret key", 16)
    # What is typed, and the same in NFKC.
    for typed, normal in [("correct horse battery staple", None), ("Zu\u0308rich \ufb01ne \uff11", "Z\u00fcrich fine 1")]:
        yield {"profile": 1, "password": typed, "secret_key": secret_key, "account": account,
               **stretch(normal or typed, secret_key, account)}  # fmt: skip


# Entropy and words as published with BIP-39 (the reference implementation's English vectors of 256 bits).
BIP39 = {
    "00" * 32: " ".join(["abandon"] * 23 + ["art"]),
    "7f" * 32: "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal "
    "winner thank year wave sausage worth title",
    "ff" * 32: " ".join(["zoo"] * 23 + ["vote"]),
    "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c": "hamster diagram private dutch cause delay "
    "private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length",
    "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f": "void come effort suffer camp survey warrior "
    "heavy shoot primary clutch crush open amazing screen patrol group space point ten exist slush involve unfold",
}


def recovery_keys():
    account = fixed("account", 16)
    for entropy, words in BIP39.items():
        key = bytes.fromhex(entropy)
        yield {"words": words, "key": key, "account": account,
               "unlock_key": hkdf(b"", key, b"keymoor/v1/recovery-unlock", [account]),
               "auth_password": hkdf(b"", key, b"keymoor/v1/recovery-auth", [account])}  # fmt: skip


def documents(password, recovery):
    account, vault, none = fixed("account", 16), fixed("vault", 16), bytes(16)
    root, secret_key = fixed("root", 32), password["secret_key"]
    custody_key, document_key = from_root(root, "custody"), from_root(root, "keys")
    both = [(1, 1, password["unlock_key"]), (2, 0, recovery["unlock_key"])]
    full = (3, 7, both, recovery["auth_password"], [(1, fixed("root 1", 32)), (2, fixed("root 2", 32))])
    for epoch, version, wraps, auth, previous in [full, (1, 1, both[:1], b"", [])]:
        def sealed(key, class_, id_, number, salt, text):
            return envelope(key, account, none, class_, id_, number, epoch, 1, fixed(f"{epoch} {salt}", 32), text)["envelope"]  # fmt: skip

        wrapped = [
            {"kind": kind, "profile": profile, "unlock_key": key,
             "envelope": sealed(key, ROOT_KEY_WRAP, bytes([kind, profile]) + bytes(14), 1, f"wrap {kind}", root)}
            for kind, profile, key in wraps
        ]  # fmt: skip
        held = sealed(custody_key, SECRET_KEY, none, 1, "secret key", secret_key + auth)
        earlier = [
            {"epoch": old, "root_key": key, "envelope": sealed(custody_key, PREVIOUS_ROOT_KEY, none, old, f"old {old}", key)}
            for old, key in previous
        ]
        body = b"KMK1" + account + vault + struct.pack(">QIB", version, epoch, len(wrapped))
        body += b"".join(bytes([w["kind"], w["profile"]]) + sized(w["envelope"]) for w in wrapped)
        body += sized(held) + struct.pack(">H", len(earlier))
        body += b"".join(struct.pack(">I", p["epoch"]) + sized(p["envelope"]) for p in earlier)
        body += sized(b"")
        mac = hmac256(document_key, body)
        yield {"account": account, "vault": vault, "version": version, "epoch": epoch, "root_key": root,
               "secret_key": secret_key, "recovery_auth": auth, "wraps": wrapped, "secret_key_envelope": held,
               "previous": earlier, "mac": mac, "bytes": body + mac}  # fmt: skip


def write(name: str, content):
    text = json.dumps(content, indent=1, ensure_ascii=False, default=lambda value: value.hex())
    (HERE / name).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    entries, made_by_password, made_by_words = list(records()), list(passwords()), list(recovery_keys())
    buckets, whole = state(entries)
    write("envelopes.json", list(envelope_cases()))
    write("records.json", entries)
    write("state.json", {"empty": state([])[1], "buckets": buckets, "state": whole})
    write("commits.json", list(commits(entries)))
    write("root-keys.json", derived_keys())
    write("activity.json", activity())
    write("passwords.json", made_by_password)
    write("secret-keys.json", [{"key": k, "text": secret_key_text(k)} for k in [bytes(16), b"\xff" * 16, fixed("secret key", 16)]])
    write("recovery-keys.json", made_by_words)
    write("documents.json", list(documents(made_by_password[0], made_by_words[3])))
