// examples/custom-resource under IAM: made, changed, deleted.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { GetObjectCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { eventually } from '../harness.ts';
import { startApplication, type Application } from './application.ts';

let app: Application;
let s3: S3Client;
let cloudformation: CloudFormationClient;
before(async () => {
  const template = path.resolve(import.meta.dirname, '../../examples/custom-resource/template.yaml');
  app = await startApplication(template, { iam: 'enforce' });
  s3 = new S3Client(app.sdk);
  cloudformation = new CloudFormationClient(app.sdk);
});
after(() => app?.stop());

async function object(Key: string): Promise<unknown> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: app.outputs['Bucket'], Key }));
  return JSON.parse((await Body?.transformToString()) ?? '');
}

test('the function gets the properties, numbers as text, and what it answers is an attribute', async () => {
  assert.equal(app.outputs['Seeded'], '2');
  assert.equal(app.outputs['SeedId'], `seed-of-${app.outputs['Bucket']}`);
  assert.deepEqual(await object('settings.json'), { greeting: 'hello', stack: 'custom-resource', tries: '3' });
  assert.deepEqual(await object('features.json'), ['search', 'hello-page']);
});

test('a changed property is an update', async () => {
  await app.deploy({ Greeting: 'welcome' });
  assert.deepEqual(await object('features.json'), ['search', 'welcome-page']);
});

test('deleting the stack has the bucket emptied first', async () => {
  const StackName = 'custom-resource';
  const { Stacks: [{ StackId } = {}] = [] } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
  await cloudformation.send(new DeleteStackCommand({ StackName }));
  await eventually(async () => {
    const { Stacks: [stack] = [] } = await cloudformation.send(new DescribeStacksCommand({ StackName: StackId }));
    return stack?.StackStatus === 'DELETE_COMPLETE';
  }, 30_000);
  await assert.rejects(s3.send(new HeadBucketCommand({ Bucket: app.outputs['Bucket'] })));
  const { StackEvents = [] } = await cloudformation.send(new DescribeStackEventsCommand({ StackName: StackId }));
  const deletions = StackEvents.filter(({ ResourceStatus }) => ResourceStatus === 'DELETE_COMPLETE').toReversed();
  const order = deletions.map(({ LogicalResourceId }) => LogicalResourceId);
  assert.ok(order.indexOf('Seed') < order.indexOf('SeedFunction'), 'the function outlives the resource it makes');
});
