// The process that crash.test.ts kills: node killed-platform.ts DIR create|update|delete|resume
import { rootPrincipal } from '#core/principal.ts';
import { settleStack } from '#deploy/stacks/settle.ts';
import * as stacks from '#deploy/stacks/store.ts';
import { createPlatform } from '#server/create-platform.ts';
import { cloudformation } from '#services/cloudformation/index.ts';
import { durableQueues, QUEUES } from './durable-queues.ts';

const [dataDir = '', action = ''] = process.argv.slice(2);
const place = { accountId: '123456789012', region: 'us-east-1' };
const { platform, stop } = await createPlatform({ services: [cloudformation, durableQueues(8)], config: { dataDir } });
const call = (operation: never, input: unknown): Promise<unknown> =>
  platform.call('cloudformation', operation, input as never, { as: rootPrincipal(place.accountId), ...place });

/** Eight queues in chains of two; the second template changes some, replaces one, removes one and adds one. */
const template = (second: boolean): string => {
  const queues: string[] = [];
  for (let i = 0; i < (second ? 9 : 8); i++) {
    if (second && i === 3) continue;
    const properties = [`DelaySeconds: ${second && i % 2 ? 9 : 1}`, ...(second && i === 4 ? ['FifoQueue: true'] : [])];
    queues.push(
      `  Q${i}: {Type: AWS::SQS::Queue${i % 2 && i !== 3 ? `, DependsOn: Q${i - 1}` : ''}, Properties: {${properties.join(', ')}}}`,
    );
  }
  return `Resources:\n${queues.join('\n')}\n`;
};

const inputs: Record<string, [operation: string, input: unknown]> = {
  create: ['CreateStack', { StackName: 'crash', TemplateBody: template(false), ClientRequestToken: 'create' }],
  update: ['UpdateStack', { StackName: 'crash', TemplateBody: template(true), ClientRequestToken: 'update' }],
  delete: ['DeleteStack', { StackName: 'crash' }],
};
process.stdout.write('ready\n');
const request = inputs[action];
if (request) await call(request[0] as never, request[1]);
const all = await stacks.listStacks(platform.store, place);
const stack = all.toSorted((a, b) => b.creationTime - a.creationTime)[0];
if (stack) await settleStack(platform, stack);
const settled = stack && (await stacks.getStack(platform.store, stack));
const resources = stack ? await stacks.listResources(platform.store, stack) : [];
const queues = await platform.store.list({ prefix: QUEUES });
process.stdout.write(
  `${JSON.stringify({
    status: settled?.status,
    resources: resources
      .filter(({ status }) => status !== 'DELETE_COMPLETE')
      .map(({ deployed, status }) => [deployed?.physicalId.split('/').at(-1), status]),
    queues: queues.map((entry) => [entry.key.at(-1), entry.value]),
  })}\n`,
);
await stop();
