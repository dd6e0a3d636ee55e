// The local certificate authority of start mode and of the sandboxes: names are certified on first use.
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { exportPrivateKey, x509Library } from '#core/x509.ts';

const CA_DAYS = 3650;
/** Clients refuse server certificates that live longer than 398 days (CA/Browser Forum BR 6.3.2). */
const LEAF_DAYS = 397;
const DAY_MS = 86_400_000;
/** Names that are kept certified at once; the oldest goes first. */
const NAMES_MAX = 1000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface Certificates {
  /** PEM */
  caCertificate: string;
  /** certificate with its authority, and key, in PEM */
  pairFor(name: string): Promise<{ cert: string; key: string }>;
  contextFor(name: string): Promise<SecureContext>;
}

interface Authority {
  certificate: string;
  key: string;
}

async function createAuthority(): Promise<Authority> {
  const x509 = await x509Library();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=Gatehouse local CA ${new Date().toISOString().slice(0, 10)}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + CA_DAYS * DAY_MS),
    keys: keys as never,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await exportPrivateKey(keys.privateKey) };
}

async function certify(authority: Authority, name: string): Promise<Authority> {
  const x509 = await x509Library();
  const der = createPrivateKey(authority.key).export({ format: 'der', type: 'pkcs8' });
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const issuer = new X509Certificate(authority.certificate).subject;
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name.slice(0, 64)}`,
    issuer,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + LEAF_DAYS * DAY_MS),
    publicKey: keys.publicKey as never,
    signingKey: signingKey as never,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: /^[\d.]+$|:/.test(name) ? 'ip' : 'dns', value: name }]),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await exportPrivateKey(keys.privateKey) };
}

/** Reads the authority of this data folder, or makes one and keeps it there (memory mode: for this run). */
export async function openCertificates(dataDir: string | undefined): Promise<Certificates> {
  const file = dataDir && path.join(dataDir, 'ca.pem');
  const keyFile = dataDir && path.join(dataDir, 'ca.key');
  let authority: Authority;
  if (file && keyFile && existsSync(file) && existsSync(keyFile)) {
    authority = { certificate: readFileSync(file, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  } else {
    authority = await createAuthority();
    if (file && keyFile) {
      writeFileSync(keyFile, authority.key, { mode: 0o600 });
      writeFileSync(file, authority.certificate, { mode: 0o644 });
    }
  }
  const pairs = new BoundedMap<{ cert: string; key: string }>();
  const contexts = new BoundedMap<SecureContext>();
  const pairFor = (name: string): Promise<{ cert: string; key: string }> =>
    pairs.get(name, async () => {
      const { certificate, key } = await certify(authority, name);
      return { cert: `${certificate}\n${authority.certificate}`, key };
    });
  return {
    caCertificate: authority.certificate,
    pairFor,
    contextFor: (name) => contexts.get(name, async () => createSecureContext(await pairFor(name))),
  };
}

/** What is made once per name, for the last NAMES_MAX names. */
class BoundedMap<T> {
  readonly #made = new Map<string, Promise<T>>();

  get(name: string, make: () => Promise<T>): Promise<T> {
    const known = this.#made.get(name);
    if (known) return known;
    const made = make();
    this.#made.set(name, made);
    const [oldest] = this.#made.keys();
    if (this.#made.size > NAMES_MAX && oldest !== undefined) this.#made.delete(oldest);
    made.catch(() => this.#made.delete(name));
    return made;
  }
}
