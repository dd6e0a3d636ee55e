// The process that event-source-streams.test.ts kills: a server with test streams, which it feeds. node … DIR COUNT
// Says `serves URL` first, then `put N` for each record that is on disk.
import { services } from '#server/services.ts';
import { startServer } from '#server/index.ts';
import { streamsService, type TestKinesis } from '../streams.ts';

const STREAM = 'arn:aws:kinesis:us-east-1:000000000000:stream/kept';
const SHARDS = ['shardId-000000000000', 'shardId-000000000001'];
const KEYS = 5;

const [dataDir = '', count = '0'] = process.argv.slice(2);
const server = await startServer({
  services: [streamsService, ...services],
  config: { port: 0, dataDir },
  warn: () => undefined,
});
const kinesis = server.platform.streams.kinesis as TestKinesis;
if (!(await kinesis.find(STREAM))) await kinesis.create(STREAM, SHARDS);
process.stdout.write(`serves ${server.endpoint}\n`);

// the text says when it was put and in which of the runs: `KEY-RUN-N`
const run = process.pid;
for (let n = 0; n < Number(count); n++) {
  const key = n % KEYS;
  const text = `${key}-${run}-${n}`;
  await kinesis.putText(STREAM, SHARDS[key % SHARDS.length] ?? '', String(key), text);
  process.stdout.write(`put ${text}\n`);
  // spread over the time in which the kill comes
  await new Promise((resolve) => setTimeout(resolve, 10));
}
process.stdin.resume();
process.stdin.on('end', () => void server.stop().then(() => process.exit(0)));
