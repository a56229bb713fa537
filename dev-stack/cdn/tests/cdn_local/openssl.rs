//! What OpenSSL 3.0 signed: a canned policy for `https://www.example.com/members/a` until January 2038, by a key of each kind
//! and over each hash. The private keys were thrown away.
//!
//! ```text
//! openssl ecparam -name prime256v1 -genkey -noout -out key; openssl genrsa -out key 2048; openssl pkey -in key -pubout
//! openssl dgst -sha1 -sign key policy | openssl base64 -A | tr '+=/' '-_~'
//! ```

/// The host of the policy's URL.
pub(crate) const HOST: &str = "www.example.com";
/// The path of the policy's URL.
pub(crate) const PATH: &str = "/members/a";
/// The end of the policy.
pub(crate) const EXPIRES: &str = "2147483647";

/// A key and its two signatures.
pub(crate) struct Signer {
    pub(crate) public_key: &'static str,
    pub(crate) sha1: &'static str,
    pub(crate) sha256: &'static str,
}

pub(crate) const P256: Signer = Signer {
    public_key: "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUOAU8qPGBIK1iaRW5CTfqlp0RsAS
YjpBoObgUAqL/67t4PtiqJ3WvdFrL5Tnbp+hGgVjergsV/HXUWeXYz3KuQ==
-----END PUBLIC KEY-----",
    sha1: "MEYCIQCRpM~pQuwJF06aWzNZ0laMJomXL20Zxtn3IyfXPmEu~gIhAI-s5t6MZSjtwoGriYxKjUHKes4iUDFGURJt0dm-6FOx",
    sha256: "MEQCIEnnMyH9QeOXvYgpsYI-4My0kJ0pI9Er8zW~Ajaugce9AiA7V0ghvHDfz-cTpBPFKWLT-r56FUKFduqvNGiSIDYQjQ__",
};

pub(crate) const RSA: Signer = Signer {
    public_key: "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAlNgf7tG8SSrcbUk4FilY
zPhJcQSh5Qx1grgNY2aN8A/U5KXfsinoHk72d+FCRdJuoFY+SLkguQFcDEAJj/d7
a9lk79fU5cYGl1XCe0qojLBgaUgAL5qQ+WkJ9s2+kaRvj5+5tucshcGWvvWTsb+g
fzSGQZxNL8zFZSj/TFw+GnXyi4bgDV/5XTKJ/KI5WFMFrIH0nPbHsg7r2bmqRnHp
+obqSLix3XGR9enuopfdJNwSClswJoPMtWBk3ulK3ZqxPOHK9gkAqJJ7t7p9tcXZ
Vw4YRJ5T1K255fXCk826FuE0CcAzzrcvIbqXcM9blLXyi3Rb+squ08rRNF/YJJ+e
KQIDAQAB
-----END PUBLIC KEY-----",
    sha1: "SRyBJfYZUI91z9TUOEJVYw0Hmr90huuHZaeIhq-g8ypJYEas9bppmJQHyXduV3eZiYVpWXZe7ceGonweBj4ZWic9NJV9ai~SmpUz84LMZjCi~QJYFsNVZosiyCtkSGowRwXyeh0kPnBy2Mrg9J4O0jDdFYBeFYBUq~7GqGVOUvq2J864wQ72xSTaloXRIrtnJOk~XkSgC--A8JttRD1-IZGsU7kZaCf2Z0dNrwqvJrRhOsjzzZeFIMMdy3L9opRJfjcv3Mu8J6J6dFL82JkV7cI8cj-aUD0Owx-miM0an0x9Kgnz0~Uf5zBrK9NE~gsR7FdxS9OjPcpte9rA9L5o6w__",
    sha256: "Iv~fNBpf58KhAsUzz17ODTOBgGpfcP-Aw9G3pWTgr-Y5fi3UXi-otLbe4ugrJWe24r2D6beTzMCZ6vFiaD7aWv4mPmjURCmOesHETrW6c90~SV28gd2daJ-si6EfBlHoEpdzcespfH40sYkDWlcAomayR~s-YCbsHSpu52XWgW4xph6T9UO-FH0qJgXP-33gSLdogVMg~a7b3wOzvrfSjW3fSXIqUrNWs6LCHTalI5YsuCZoZjv1MblhQP7D3M5RLwGVleolpRs-Fd20vefnj8yPACvX7s7UkRg5EzLo1~2k9Vu1NZfKocFcZ8UUkOwr14i1S0Nm0xDQA9EkGru60w__",
};
