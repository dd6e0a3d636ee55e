import { startTestServer } from '../harness.ts';
const server = await startTestServer({ config: { port: Number(process.argv[2]) } });
console.log(server.endpoint);
