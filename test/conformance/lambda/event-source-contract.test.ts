// The test streams keep the contract that the pollers rest on.
import { after } from 'node:test';
import { systemClock } from '#core/clock.ts';
import { openStore } from '#store/index.ts';
import { streamContract } from '../../stream-contract.ts';
import { TestKinesis } from '../../streams.ts';

const { store } = await openStore(undefined, () => systemClock.now());
after(() => store.close());
const source = new TestKinesis({ store, clock: systemClock });
let streams = 0;

streamContract('test streams', async () => {
  const arn = `arn:aws:kinesis:us-east-1:000000000000:stream/s${++streams}`;
  await source.create(arn, ['shardId-000000000000']);
  return {
    source,
    arn,
    put: (shardId, key) => source.putText(arn, shardId, key, 'text'),
    split: (shardId) => source.split(arn, shardId, [`${shardId}-a`, `${shardId}-b`]),
  };
});
