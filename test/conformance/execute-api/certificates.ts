// Certificates of tests: authorities, servers, clients.
import { webcrypto } from 'node:crypto';
import { exportPrivateKey, x509Library } from '#core/x509.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

export interface Pair {
  /** PEM */
  cert: string;
  key: string;
}

export interface Authority extends Pair {
  issue(commonName: string, options?: { names?: string[]; notAfter?: Date; notBefore?: Date }): Promise<Pair>;
}

const generate = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

export async function createAuthority(commonName: string): Promise<Authority> {
  const x509 = await x509Library();
  const keys = await generate();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 30 * DAY_MS),
    keys: keys as never,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true)],
  });
  return {
    cert: root.toString('pem'),
    key: await exportPrivateKey(keys.privateKey),
    async issue(subject, { names = [], notBefore, notAfter } = {}) {
      const own = await generate();
      const leaf = await x509.X509CertificateGenerator.create({
        subject: `CN=${subject}`,
        issuer: root.subject,
        notBefore: notBefore ?? new Date(Date.now() - DAY_MS),
        notAfter: notAfter ?? new Date(Date.now() + 10 * DAY_MS),
        publicKey: own.publicKey as never,
        signingKey: keys.privateKey as never,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          ...(names.length > 0
            ? [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value })))]
            : []),
        ],
      });
      return { cert: leaf.toString('pem'), key: await exportPrivateKey(own.privateKey) };
    },
  };
}

export async function selfSigned(name: string): Promise<Pair> {
  const x509 = await x509Library();
  const keys = await generate();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 10 * DAY_MS),
    keys: keys as never,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
  });
  return { cert: certificate.toString('pem'), key: await exportPrivateKey(keys.privateKey) };
}
