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

export { eventually } from './eventually.ts';
