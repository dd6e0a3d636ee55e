// Trusted roots as Java reads them: a JKS key store of certificates alone, made without a JVM.
import { createHash } from 'node:crypto';

const MAGIC = 0xfeedfeed;
const VERSION = 2;
const TRUSTED_CERTIFICATE = 2;
/** everybody's; it keeps no secret */
const PASSWORD = 'changeit';
/** the format signs with the password and these words */
const SALT = 'Mighty Aphrodite';
const PEM = /-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]+)-----END CERTIFICATE-----/g;

export function toTrustStore(pemBundle: string): Buffer {
  const certificates = [...pemBundle.matchAll(PEM)].map(([, base64 = '']) => Buffer.from(base64, 'base64'));
  const content = Buffer.concat([
    words(MAGIC, VERSION, certificates.length),
    ...certificates.map((der, index) =>
      Buffer.concat([
        words(TRUSTED_CERTIFICATE),
        text(`root-${index}`),
        words(0, 0),
        text('X.509'),
        words(der.length),
        der,
      ]),
    ),
  ]);
  const password = Buffer.from(PASSWORD, 'utf16le').swap16();
  const signature = createHash('sha1').update(password).update(SALT).update(content).digest();
  return Buffer.concat([content, signature]);
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

/** u16 length and UTF-8 */
function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, Buffer.from(value)]);
}
