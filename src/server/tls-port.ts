// The TLS port: every name that this program answers to, each with its own certificate, versions and, for custom domains with
// mutual TLS, authorities of clients.
import { X509Certificate } from 'node:crypto';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { ClientCertificate } from '#core/http.ts';
import type { TlsTerms } from '#gateway/index.ts';
import type { Certificates } from './certificates.ts';
import { serverNameOf } from './client-hello.ts';
import { peerOf } from './node-http.ts';
import { isCertifiable } from './tls.ts';

/** A hello has some hundred bytes; those with keys after quantum computers have two thousand. */
const HELLO_BYTES_MAX = 16 * 1024;
const HELLO_MS_MAX = 10_000;
const HANDSHAKE_MS_MAX = 10_000;

export interface TlsPortOptions {
  host: string;
  port: number;
  certificates: Certificates;
  /** What a name's owner says of it; undefined: nothing in particular. */
  termsOf: (name: string) => Promise<TlsTerms | undefined>;
  /** takes over a connection whose handshake is done */
  serve: (socket: TLSSocket) => void;
}

export interface TlsPort {
  port: number;
  close(): Promise<void>;
}

export async function openTlsPort(options: TlsPortOptions): Promise<TlsPort> {
  const open = new Set<Socket>();
  const handshakers = new Handshakers(options);
  const server = net.createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    accept(socket, options, handshakers).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

async function accept(socket: Socket, options: TlsPortOptions, handshakers: Handshakers): Promise<void> {
  const tooSlow = setTimeout(() => socket.destroy(), HELLO_MS_MAX);
  socket.once('close', () => clearTimeout(tooSlow));
  const serverName = await readServerName(socket);
  clearTimeout(tooSlow);
  // Clients that name nobody mean the address they connected to.
  const name = isCertifiable(serverName) ? serverName : 'localhost';
  const terms = serverName === name ? await options.termsOf(name) : undefined;
  const handshaker = await handshakers.get(name, terms ?? NO_TERMS);
  if (!socket.destroyed) handshaker.emit('connection', socket);
}

/** Leaves the bytes in the socket, for the handshake. */
function readServerName(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const done = (): void => {
      socket.off('data', take);
      socket.pause();
      socket.unshift(bytes);
    };
    const take = (chunk: Buffer): void => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const name = serverNameOf(bytes);
      if (name === undefined && bytes.length < HELLO_BYTES_MAX) return;
      done();
      if (name === undefined) reject(new Error('a TLS hello that does not end'));
      else resolve(name);
    };
    socket.on('data', take);
    socket.once('close', () => reject(new Error('the client went away')));
  });
}

/** Names whose servers are kept for one set of terms. */
const NAMES_MAX = 1000;
const NO_TERMS: TlsTerms = { minVersion: 'TLSv1.2' };

/** Servers that listen nowhere: each does the handshakes of one name, as long as its terms are what they are. */
class Handshakers {
  readonly #options: TlsPortOptions;
  readonly #byTerms = new WeakMap<TlsTerms, Map<string, Promise<tls.Server>>>();

  constructor(options: TlsPortOptions) {
    this.#options = options;
  }

  get(name: string, terms: TlsTerms): Promise<tls.Server> {
    let byName = this.#byTerms.get(terms);
    if (!byName) this.#byTerms.set(terms, (byName = new Map()));
    let server = byName.get(name);
    if (!server) {
      if (byName.size >= NAMES_MAX) byName.clear();
      byName.set(name, (server = createHandshaker(name, terms, this.#options)));
      server.catch(() => byName.delete(name));
    }
    return server;
  }
}

async function createHandshaker(name: string, terms: TlsTerms, options: TlsPortOptions): Promise<tls.Server> {
  const { minVersion, ciphers, certificate, privateKey, truststore } = terms;
  const isOwn = certificate !== undefined && privateKey !== undefined;
  const server = tls.createServer({
    ...(isOwn ? { cert: certificate, key: privateKey } : await options.certificates.pairFor(name)),
    minVersion,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: HANDSHAKE_MS_MAX,
    ...(ciphers !== undefined && { ciphers }),
    // Whoever proves nothing is answered 403, as API Gateway does, and not cut off.
    ...(truststore !== undefined && { ca: truststore, requestCert: true, rejectUnauthorized: false }),
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (secured) => {
    const clientCertificate = truststore === undefined ? undefined : clientCertificateOf(secured);
    const serverName = typeof secured.servername === 'string' ? secured.servername.toLowerCase() : '';
    peerOf.set(secured, { serverName, ...(clientCertificate && { clientCertificate }) });
    options.serve(secured);
  });
  return server;
}

/** Undefined where the client showed nothing that the truststore covers. */
function clientCertificateOf(socket: TLSSocket): ClientCertificate | undefined {
  const { raw } = socket.getPeerCertificate() as { raw?: Buffer };
  return socket.authorized && raw ? describeClient(new X509Certificate(raw)) : undefined;
}

const describeClient = (certificate: X509Certificate): ClientCertificate => ({
  clientCertPem: certificate.toString(),
  subjectDN: certificate.subject.split('\n').join(','),
  issuerDN: certificate.issuer.split('\n').join(','),
  serialNumber: serialNumberOf(certificate.serialNumber),
  validity: { notBefore: certificate.validFrom, notAfter: certificate.validTo },
});

/** As OpenSSL prints it: a number when it fits in 64 bits (`1`), else its bytes (`a1:a1:…`). */
function serialNumberOf(hex: string): string {
  if (hex.length <= 16) return BigInt(`0x${hex}`).toString();
  return (hex.toLowerCase().match(/../g) ?? []).join(':');
}
