"""Opens what the page sealed with Amazon's S3 Encryption Client for Python, under a raw AES key.

In: a line of JSON (`key` and the object's `metadata`), then the body. Out: the plaintext. The client has a keyring for KMS only, and
leaves others to its users ("Supported Keyrings"): the one here unwraps by AES-GCM as Amazon's clients for Java and Ruby do, with
the algorithm suite's id as associated data. Format, commitment, content and tag are the client's.
"""

import base64
import io
import json
import sys

from botocore.response import StreamingBody
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from s3_encryption.materials.crypto_materials_manager import DefaultCryptoMaterialsManager
from s3_encryption.materials.keyring import S3Keyring
from s3_encryption.materials.materials import CommitmentPolicy
from s3_encryption.pipelines import GetEncryptedObjectPipeline


class RawAesKeyring(S3Keyring):
    def __init__(self, key):
        self.key = key

    def on_encrypt(self, enc_materials):
        raise NotImplementedError("this keyring opens only")

    def on_decrypt(self, dec_materials, encrypted_data_keys=None):
        dec_materials = super().on_decrypt(dec_materials, encrypted_data_keys)
        [wrapped] = encrypted_data_keys or dec_materials.encrypted_data_keys
        assert wrapped.key_provider_info == "AES/GCM", wrapped.key_provider_info
        nonce, sealed = wrapped.encrypted_data_key[:12], wrapped.encrypted_data_key[12:]
        dec_materials.plaintext_data_key = AESGCM(self.key).decrypt(nonce, sealed, b"115")
        return dec_materials


def main():
    head = json.loads(sys.stdin.buffer.readline())
    body = sys.stdin.buffer.read()
    keyring = RawAesKeyring(base64.b64decode(head["key"]))
    pipeline = GetEncryptedObjectPipeline(
        cmm=DefaultCryptoMaterialsManager(keyring), commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
    )
    response = {"Body": StreamingBody(io.BytesIO(body), len(body)), "ContentLength": len(body), "Metadata": head["metadata"]}
    sys.stdout.buffer.write(pipeline.decrypt(response, ".instruction", False).read())


if __name__ == "__main__":
    main()
