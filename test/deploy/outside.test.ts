// Resources that wait for something outside: custom resources, wait conditions, nested stacks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ServiceError } from '#core/errors.ts';
import type { HttpRequest } from '#core/http.ts';
import { defineService } from '#kernel/service.ts';
import { s3 } from '#services/s3/index.ts';
import { testBed, type TestBed } from './stacks.ts';

interface CustomEvent {
  RequestType: string;
  ResponseURL: string;
  RequestId: string;
  PhysicalResourceId?: string;
  ResourceProperties: Record<string, unknown>;
  OldResourceProperties?: Record<string, unknown>;
}

let bed: TestBed;
const received: CustomEvent[] = [];
/** What the function behind the custom resource does with an event. */
let behave: (event: CustomEvent) => Promise<Record<string, unknown> | 'crash' | 'silence'>;

/** PUTs as the function would: through the data plane that the host and path lead to. */
async function put(url: string, body: unknown): Promise<number> {
  const { host, pathname } = new URL(url);
  const bytes = Buffer.from(JSON.stringify(body));
  const request = {
    method: 'PUT',
    target: pathname,
    headers: {},
    body: (async function* () {
      yield bytes;
    })(),
  } as unknown as HttpRequest;
  for (const plane of bed.platform.dataPlanes) {
    const handle = plane.match(host.split(':')[0]!, pathname, request);
    if (handle) return (await handle(request)).status;
  }
  throw new Error(`nobody answers ${url}`);
}

const lambda = defineService({
  id: 'lambda',
  operations: {
    async Invoke({ Payload }) {
      const event = JSON.parse(Buffer.from(Payload as Uint8Array).toString()) as CustomEvent;
      received.push(event);
      const answer = await behave(event);
      if (answer === 'crash')
        return {
          StatusCode: 200,
          FunctionError: 'Unhandled',
          Payload: Buffer.from('{"errorMessage":"boom"}') as never,
        };
      if (answer !== 'silence')
        assert.equal(await put(event.ResponseURL, { RequestId: event.RequestId, ...answer }), 200);
      return { StatusCode: 200 };
    },
  },
});

before(async () => {
  bed = await testBed({}, [lambda, s3]);
});
after(() => bed.stop());

const custom = (value: string, more = ''): string => `
Resources:
  Thing:
    Type: Custom::Thing
    Properties: {ServiceToken: 'arn:aws:lambda:us-east-1:123456789012:function:f', Number: 3, Flag: true, Value: ${value}}
${more}
Outputs: {Name: {Value: !GetAtt Thing.Name}, Id: {Value: !Ref Thing}}
`;

test('a custom resource is created, updated, replaced and deleted by its function', async () => {
  behave = async (event) => ({
    Status: 'SUCCESS',
    PhysicalResourceId: `thing-${String(event.ResourceProperties.Value)}`,
    Data: { Name: `named ${String(event.ResourceProperties.Value)}` },
  });
  received.length = 0;
  await bed.call('cloudformation', 'CreateStack', { StackName: 'custom', TemplateBody: custom('a') });
  assert.deepEqual(await bed.outputs('custom'), { Name: 'named a', Id: 'thing-a' });
  assert.match(
    received[0]!.ResponseURL,
    /^https:\/\/cloudformation-custom-resource-response-useast1\.s3\.us-east-1\.amazonaws\.com\//,
  );
  assert.deepEqual(received[0]!.ResourceProperties, {
    ServiceToken: 'arn:aws:lambda:us-east-1:123456789012:function:f',
    Number: '3',
    Flag: 'true',
    Value: 'a',
  });
  await bed.call('cloudformation', 'UpdateStack', { StackName: 'custom', TemplateBody: custom('b') });
  assert.deepEqual(await bed.outputs('custom'), { Name: 'named b', Id: 'thing-b' });
  assert.deepEqual(
    received.map((event) => [event.RequestType, event.PhysicalResourceId]),
    [
      ['Create', undefined],
      ['Update', 'thing-a'],
      ['Delete', 'thing-a'],
    ],
  );
  assert.equal(received[1]!.OldResourceProperties!.Value, 'a');
  await bed.call('cloudformation', 'DeleteStack', { StackName: 'custom' });
  assert.deepEqual(received.at(-1)!.PhysicalResourceId, 'thing-b');
});

test('a function that answers FAILED, or crashes, fails its resource with the reason', async () => {
  behave = async (event) =>
    event.RequestType === 'Create'
      ? { Status: 'FAILED', Reason: 'not today', PhysicalResourceId: 'x' }
      : { Status: 'SUCCESS', PhysicalResourceId: 'x' };
  received.length = 0;
  await bed.call('cloudformation', 'CreateStack', { StackName: 'refused', TemplateBody: custom('a') });
  assert.equal(await bed.status('refused'), 'ROLLBACK_COMPLETE');
  const failed = (await bed.events('refused')).find((line) => line.startsWith('Thing CREATE_FAILED'))!;
  assert.match(
    failed,
    /Received response status \[FAILED\] from custom resource\. Message returned: not today \(RequestId: [-0-9a-f]{36}\)$/,
  );
  assert.deepEqual(
    received.map((event) => [event.RequestType, event.PhysicalResourceId]),
    [
      ['Create', undefined],
      ['Delete', 'x'],
    ],
  );

  behave = async () => 'crash';
  await bed.call('cloudformation', 'CreateStack', { StackName: 'crashed', TemplateBody: custom('a') });
  assert.equal(await bed.status('crashed'), 'ROLLBACK_COMPLETE');
  assert.ok((await bed.events('crashed')).some((line) => line.includes('{"errorMessage":"boom"}')));
});

test('an answer without the secret of its step is refused', async () => {
  const { StackId } = await bed.call('cloudformation', 'CreateStack', {
    StackName: 'secret',
    TemplateBody: 'Resources: {A: {Type: AWS::SQS::Queue}}',
  });
  const path = encodeURIComponent(`${StackId}|A|guessed`);
  assert.equal(
    await put(`https://cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com/${path}`, {
      Status: 'SUCCESS',
    }),
    403,
  );
});

test('a wait condition waits for its signals', async () => {
  const template = `
Resources:
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Wait: {Type: AWS::CloudFormation::WaitCondition, Properties: {Handle: !Ref Handle, Timeout: '600', Count: 2}}
  After: {Type: AWS::SQS::Queue, DependsOn: Wait}
Outputs: {Data: {Value: !GetAtt Wait.Data}}
`;
  const creation = bed.call('cloudformation', 'CreateStack', { StackName: 'waiting', TemplateBody: template });
  const url = await eventually(async () => {
    const { StackResources } = await bed.call('cloudformation', 'DescribeStackResources', { StackName: 'waiting' });
    const wait = StackResources!.find(
      (resource) => resource.LogicalResourceId === 'Wait' && resource.PhysicalResourceId,
    );
    return wait && StackResources!.find((resource) => resource.LogicalResourceId === 'Handle')!.PhysicalResourceId;
  });
  assert.equal(await put(url, { Status: 'SUCCESS', UniqueId: 'one', Data: 'first' }), 200);
  assert.equal(await bed.status('waiting'), 'CREATE_IN_PROGRESS');
  assert.equal(await put(url, { Status: 'SUCCESS', UniqueId: 'two', Data: 'second' }), 200);
  await creation;
  assert.equal(await bed.status('waiting'), 'CREATE_COMPLETE');
  assert.deepEqual(JSON.parse((await bed.outputs('waiting')).Data!), { one: 'first', two: 'second' });
});

test('a resource with a creation policy waits for SignalResource; a failure signal rolls back', async () => {
  const template = `
Resources:
  Wait: {Type: AWS::CloudFormation::WaitCondition, CreationPolicy: {ResourceSignal: {Count: 1, Timeout: PT10M}}}
`;
  const creation = bed.call('cloudformation', 'CreateStack', { StackName: 'signalled', TemplateBody: template });
  await eventually(async () => {
    try {
      await bed.call('cloudformation', 'SignalResource', {
        StackName: 'signalled',
        LogicalResourceId: 'Wait',
        UniqueId: 'i-1',
        Status: 'FAILURE',
      });
      return true;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return undefined;
    }
  });
  await creation;
  assert.equal(await bed.status('signalled'), 'ROLLBACK_COMPLETE');
});

test('deleting a stack that is being created breaks the creation off', async () => {
  behave = async (event) =>
    event.RequestType === 'Create' ? 'silence' : { Status: 'SUCCESS', PhysicalResourceId: 'x' };
  const creation = bed.call('cloudformation', 'CreateStack', { StackName: 'early', TemplateBody: custom('a') });
  const stackId = await eventually(async () => {
    const { Stacks } = await bed.call('cloudformation', 'DescribeStacks', { StackName: 'early' });
    const begun = (await bed.events('early')).some((line) => line.startsWith('Thing CREATE_IN_PROGRESS'));
    return begun ? Stacks![0]!.StackId : undefined;
  });
  await bed.call('cloudformation', 'DeleteStack', { StackName: 'early' });
  await creation;
  assert.equal(await bed.status(stackId), 'DELETE_COMPLETE');
});

test('a nested stack is created from S3, updated and deleted with its parent', async () => {
  const child = (delay: number): string => `
Parameters: {Delay: {Type: Number}}
Resources: {Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref Delay}}}
Outputs: {Arn: {Value: !GetAtt Q.Arn}, Delay: {Value: ${delay}}}
`;
  const upload = async (key: string, text: string): Promise<void> => {
    await bed.call('s3', 'PutObject', { Bucket: 'nested-templates', Key: key, Body: Buffer.from(text) as never });
  };
  await bed.call('s3', 'CreateBucket', { Bucket: 'nested-templates' });
  await upload('a.yaml', child(1));
  await upload('b.yaml', child(2));
  const parent = (key: string, delay: number): string => `
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: 'https://s3.amazonaws.com/nested-templates/${key}', Parameters: {Delay: ${delay}}}
Outputs: {Arn: {Value: !GetAtt Child.Outputs.Arn}, Delay: {Value: !GetAtt Child.Outputs.Delay}, Id: {Value: !Ref Child}}
`;
  await bed.call('cloudformation', 'CreateStack', { StackName: 'parent', TemplateBody: parent('a.yaml', 4) });
  assert.equal(await bed.status('parent'), 'CREATE_COMPLETE');
  const { Arn, Id } = await bed.outputs('parent');
  assert.match(Arn!, /:parent-Child-[A-Z0-9]{12}-Q-[A-Z0-9]{12}$/);
  const { Stacks } = await bed.call('cloudformation', 'DescribeStacks', { StackName: Id! });
  assert.equal(Stacks![0]!.ParentId, Stacks![0]!.RootId);
  await bed.call('cloudformation', 'UpdateStack', { StackName: 'parent', TemplateBody: parent('b.yaml', 5) });
  assert.equal((await bed.outputs('parent')).Delay, '2');
  await bed.call('cloudformation', 'DeleteStack', { StackName: 'parent' });
  assert.equal(await bed.status(Id!), 'DELETE_COMPLETE');
  assert.ok(![...bed.sqs.queues.keys()].some((name) => name.startsWith('parent-Child')));
});

test('AWS::Include brings pieces of a template from S3', async () => {
  await bed.call('s3', 'PutObject', {
    Bucket: 'nested-templates',
    Key: 'piece.yaml',
    Body: Buffer.from('DelaySeconds: 7\n') as never,
  });
  const TemplateBody = `
Resources:
  Q:
    Type: AWS::SQS::Queue
    Properties:
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://nested-templates/piece.yaml}}
      VisibilityTimeout: 20
`;
  await bed.call('cloudformation', 'CreateStack', { StackName: 'included', TemplateBody });
  const [, queue] = [...bed.sqs.queues].find(([name]) => name.startsWith('included-Q'))!;
  assert.deepEqual(queue.attributes, { DelaySeconds: '7', VisibilityTimeout: '20' });
  const { TemplateBody: processed } = await bed.call('cloudformation', 'GetTemplate', {
    StackName: 'included',
    TemplateStage: 'Processed',
  });
  assert.deepEqual(JSON.parse(processed!).Resources.Q.Properties, { DelaySeconds: 7, VisibilityTimeout: 20 });
});

async function eventually<T>(ask: () => Promise<T>): Promise<NonNullable<T>> {
  for (let i = 0; i < 500; i++) {
    const answer = await ask().catch(() => undefined);
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not happen in time');
}
