import type { Socket } from 'node:net';
import tls from 'node:tls';
import type { Certificates } from './certificates.ts';

/** A name that no client can have meant is not certified: certificates are made on first use and must not be made for noise. */
const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9-_]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9-_]*[a-z0-9])?)*$/i;

export const isCertifiable = (name: string): boolean => NAME.test(name);

/** The server's side of TLS over a socket that somebody else accepted; the certificate is made for the name that the client asks for. */
export function secureSocket(socket: Socket, certificates: Certificates): tls.TLSSocket {
  const secured = new tls.TLSSocket(socket, {
    isServer: true,
    ALPNProtocols: ['http/1.1'],
    SNICallback(name, done) {
      if (!isCertifiable(name)) return done(new Error(`no certificate for ${JSON.stringify(name)}`));
      certificates.contextFor(name.toLowerCase()).then((context) => done(null, context), done);
    },
  });
  secured.on('error', () => socket.destroy());
  return secured;
}
