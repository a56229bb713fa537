// The request that every signer signs: a GET to S3 with a 61-character path and an 899-character session token; six
// signed headers, a canonical request of 1,383 bytes, 26 SHA-256 compressions with a cached signing key.

export const UNIX_SECONDS = 1_760_000_000;
export const AMZ_DATE = '20251009T085320Z';

export const request = {
  method: 'GET',
  host: 'keyfront-bench.s3.eu-central-1.amazonaws.com',
  path: '/assets/2024/summer%20campaign/hero%20image%20and%20more.webp',
  range: 'bytes=0-1048575',
  cfId: 'Q7mS7a9kXx3p5zqK1o2vWcYt8uRb4nLdE6fGhIjJkKlMmNnOoPpQq==',
  region: 'eu-central-1',
};

export const credentials = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: 'T'.repeat(899),
};

export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
