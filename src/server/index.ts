import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '#core/clock.ts';
import type { Platform, PlatformConfig } from '#kernel/platform.ts';
import type { Service } from '#kernel/service.ts';
import { createGateway, type GatewayOptions } from '#gateway/index.ts';
import { createApi } from './api.ts';
import { createPlatform } from './create-platform.ts';
import { createFront, createUpgradeFront } from './front.ts';
import { createHealth } from './health.ts';
import { createListener } from './listener.ts';
import { sandboxOf } from './node-http.ts';
import { services as allServices } from './services.ts';
import { secureSocket } from './tls.ts';
import { openTlsPort, type TlsPort } from './tls-port.ts';

export interface ServerOptions {
  config?: Partial<PlatformConfig>;
  /** default: all */
  services?: readonly Service<any>[];
  clock?: Clock;
  warn?: (text: string) => void;
  gateway?: GatewayOptions;
}

export interface RunningServer {
  /** http://127.0.0.1:4566 */
  endpoint: string;
  /** the TLS port, when there is one */
  tlsPort?: number;
  platform: Platform;
  stop: () => Promise<void>;
}

/** Opens the store, starts the services, listens. Answers once requests are served. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { platform, certificates, stop } = await createPlatform({ services: allServices, ...options });
  const gateway = createGateway(platform, options.gateway);
  // Ours go by host or by a path of our own; S3 answers every browser's preflight that nobody else claims.
  platform.dataPlanes.unshift(createHealth(platform), gateway.dataPlane);
  platform.http = createFront(platform, createApi(platform));
  const { server, close } = createListener(platform.http, createUpgradeFront(platform));
  platform.network.connection = (socket, { functionArn, tls }) => {
    const carrier = tls ? secureSocket(socket, certificates) : socket;
    sandboxOf.set(carrier, functionArn);
    server.emit('connection', carrier);
  };
  const { host } = platform.config;
  let tlsPort: TlsPort | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(platform.config.port, host, resolve);
    });
    platform.config.port = (server.address() as AddressInfo).port;
    if (platform.config.tlsPort !== undefined) {
      const serve = (socket: Socket): void => void server.emit('connection', socket);
      const { tlsPort: port } = platform.config;
      tlsPort = await openTlsPort({ host, port, certificates, termsOf: gateway.tlsTermsOf, serve });
      platform.config.tlsPort = tlsPort.port;
    }
  } catch (error) {
    if (server.listening) await close();
    await gateway.stop();
    await stop();
    throw error;
  }
  return {
    endpoint: `http://${host.includes(':') ? `[${host}]` : host}:${platform.config.port}`,
    ...(tlsPort && { tlsPort: tlsPort.port }),
    platform,
    async stop() {
      await tlsPort?.close();
      const closed = close();
      // connections that changed their protocol are the gateway's to end
      await gateway.stop();
      await closed;
      await stop();
    },
  };
}
