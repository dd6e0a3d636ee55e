// Certificates that the program makes itself: keys and the library, loaded late (certificates are made seldom, and the
// library costs start-up time).
import { createPrivateKey, webcrypto } from 'node:crypto';

export async function x509Library(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata'); // its dependency injection insists on it
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto as never);
  return x509;
}

/** PKCS #8 in PEM */
export async function exportPrivateKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' }).export({
    format: 'pem',
    type: 'pkcs8',
  }) as string;
}
