// boto3 drives the operations of durable executions: labels, pages and errors as Python programs see them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { startTestServer, type TestServer } from '../../harness.ts';
import { pythonClients } from '../../python-clients.ts';
import { DURABLE, handler } from './durable-fixture.ts';
import { createFunction } from './fixture.ts';

const run = promisify(execFile);
const bin = await pythonClients();
let server: TestServer;
before(async () => {
  server = await startTestServer();
  const body = `
    if (event.wait) return context.waitForCallback('ask', async () => {});
    return context.step('twice', async () => event.n * 2);`;
  await createFunction(new LambdaClient(server.sdk), 'durable', handler(body), DURABLE);
});
after(() => server.stop());

const PROGRAM = `
import json, sys, time
import boto3

client = boto3.client('lambda', endpoint_url=sys.argv[1], aws_access_key_id='test', aws_secret_access_key='test', region_name='us-east-1')
call = lambda payload, **rest: client.invoke(FunctionName='durable', Qualifier='$LATEST', Payload=json.dumps(payload), **rest)
answer = call({'n': 21}, DurableExecutionName='once')
arn = answer['DurableExecutionArn']
seen = {'result': json.loads(answer['Payload'].read())}
try:
    call({'n': 22}, DurableExecutionName='once')
except client.exceptions.DurableExecutionAlreadyStartedException as error:
    seen['taken'] = error.response['ResponseMetadata']['HTTPStatusCode']

execution = client.get_durable_execution(DurableExecutionArn=arn)
seen['execution'] = [execution[name] for name in ('DurableExecutionName', 'Status', 'Result')]
pages = client.get_paginator('get_durable_execution_history').paginate(DurableExecutionArn=arn, PaginationConfig={'PageSize': 2})
seen['history'] = [[event['EventType'] for event in page['Events']] for page in pages]

waiting = call({'wait': True}, InvocationType='Event')['DurableExecutionArn']
def callback():
    while True:
        for event in client.get_durable_execution_history(DurableExecutionArn=waiting)['Events']:
            if 'CallbackStartedDetails' in event:
                return event['CallbackStartedDetails']['CallbackId']
        time.sleep(0.02)
identity = callback()
client.send_durable_execution_callback_heartbeat(CallbackId=identity)
client.send_durable_execution_callback_failure(CallbackId=identity, Error={'ErrorMessage': 'no', 'ErrorType': 'Refused'})
while client.get_durable_execution(DurableExecutionArn=waiting)['Status'] == 'RUNNING':
    time.sleep(0.02)
seen['failed'] = client.get_durable_execution(DurableExecutionArn=waiting)['Error']['ErrorMessage']
seen['stop'] = client.stop_durable_execution(DurableExecutionArn=waiting)['StopTimestamp'].year > 2000
pages = client.get_paginator('list_durable_executions_by_function').paginate(FunctionName='durable', Statuses=['SUCCEEDED', 'FAILED'], PaginationConfig={'PageSize': 1})
seen['listed'] = [execution['Status'] for page in pages for execution in page['DurableExecutions']]
print(json.dumps(seen))
`;

test('boto3 starts, reads, pages and answers', { skip: bin === undefined && 'there is no Python' }, async () => {
  const { stdout } = await run(path.join(bin ?? '', 'python'), ['-c', PROGRAM, server.endpoint]);
  assert.deepEqual(JSON.parse(stdout), {
    result: 42,
    taken: 409,
    execution: ['once', 'SUCCEEDED', '42'],
    history: [['ExecutionStarted', 'StepStarted'], ['StepSucceeded', 'InvocationCompleted'], ['ExecutionSucceeded']],
    failed: 'no',
    stop: true,
    listed: ['FAILED', 'SUCCEEDED'],
  });
});
