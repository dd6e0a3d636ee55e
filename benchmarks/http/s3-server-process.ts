// The server that s3-objects.ts measures.
import { startServer } from '#server/index.ts';

const server = await startServer({ config: { port: 0, dataDir: process.argv[2] ?? '' } });
process.send?.(server.platform.config.port);
