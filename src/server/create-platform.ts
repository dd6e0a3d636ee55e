import path from 'node:path';
import { mkdirSync } from 'node:fs';
import { systemClock, type Clock } from '#core/clock.ts';
import { randomIds } from '#core/ids.ts';
import { createCall } from '#kernel/create-call.ts';
import { createWork } from '#kernel/work-queue.ts';
import type { Functions } from '#kernel/functions.ts';
import type { Identity } from '#kernel/identity.ts';
import type { Platform, PlatformConfig } from '#kernel/platform.ts';
import type { Service } from '#kernel/service.ts';
import { openStore } from '#store/index.ts';
import { openCertificates, type Certificates } from './certificates.ts';

export const defaultConfig: PlatformConfig = {
  mode: 'start',
  iam: 'report',
  host: '127.0.0.1',
  port: 4566,
  domain: 'localhost',
  defaultAccountId: '000000000000',
  defaultRegion: 'us-east-1',
};

export interface PlatformOptions {
  config?: Partial<PlatformConfig>;
  services: readonly Service<any>[];
  clock?: Clock;
  warn?: (text: string) => void;
}

export interface OpenPlatform {
  platform: Platform;
  certificates: Certificates;
  stop: () => Promise<void>;
}

/** Stands in for a port until the service that provides it has started. */
const absent = (name: string): any =>
  new Proxy({}, { get: () => () => Promise.reject(new Error(`${name} is not part of this server`)) });

/** A log that could not be forced to disk is not written on: the next start finds what is there. */
function endProcess(error: Error): void {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

/** Opens the store and starts the services; no listener yet. */
export async function createPlatform(options: PlatformOptions): Promise<OpenPlatform> {
  const config = { ...defaultConfig, ...options.config };
  const clock = options.clock ?? systemClock;
  if (config.dataDir) mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const { store, blobs } = await openStore(config.dataDir && path.resolve(config.dataDir), () => clock.now(), {
    onFailed: endProcess,
  });
  const certificates = await openCertificates(config.dataDir);
  const ending = new AbortController();
  const warned = new Set<string>();
  const say = options.warn ?? ((text: string) => process.stderr.write(`${text}\n`));
  const services = new Map(options.services.map((service) => [service.id, service]));
  const kinds = Object.assign({}, ...options.services.map((service) => service.work ?? {}));
  const platform: Platform = {
    config,
    clock,
    ids: randomIds,
    store,
    blobs,
    work: undefined as never,
    call: undefined as never,
    services,
    dataPlanes: [],
    streams: {},
    network: {
      caCertificate: certificates.caCertificate,
      connection: (socket) => socket.destroy(),
    },
    http: () => Promise.reject(new Error('this platform has no front')),
    identity: absent('IAM') as Identity,
    functions: absent('Lambda') as Functions,
    isolation: { mode: 'none', reasons: ['this server runs no functions'] },
    signal: ending.signal,
    warn(text) {
      if (warned.has(text)) return;
      warned.add(text);
      say(text);
    },
  };
  Object.assign(platform, { call: createCall(platform), work: createWork(platform, kinds) });
  const stops: (() => Promise<void> | void)[] = [];
  for (const service of options.services) {
    const stop = await service.start?.(platform);
    if (stop) stops.push(stop);
  }
  platform.work.start();
  return {
    platform,
    certificates,
    async stop() {
      ending.abort();
      await platform.work.stop();
      for (const stop of stops.reverse()) await stop();
      await store.close();
    },
  };
}
