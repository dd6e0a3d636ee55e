// One real server per test file, on port 0 and in memory unless told otherwise.
import { startServer, type RunningServer, type ServerOptions } from '#server/index.ts';

export interface TestServer extends RunningServer {
  /** Options for any AWS SDK v3 client: `new S3Client(server.sdk)`. Account 000000000000, us-east-1. */
  sdk: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
    forcePathStyle: boolean;
    disableHostPrefix: boolean;
    maxAttempts: number;
  };
}

export async function startTestServer(options: Partial<ServerOptions> = {}): Promise<TestServer> {
  const server = await startServer({ ...options, config: { port: 0, ...options.config } });
  return {
    ...server,
    sdk: {
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      forcePathStyle: true,
      disableHostPrefix: true,
      maxAttempts: 1,
    },
  };
}

/** Asks again until `ask` answers something truthy; fails with the last error after `timeoutMs`. */
export async function eventually<T>(ask: () => Promise<T> | T, timeoutMs = 10_000): Promise<NonNullable<T>> {
  const end = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer as NonNullable<T>;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw last ?? new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
