// boto3 and the AWS CLI through the operations that people use most, as botocore reads and writes them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startTestServer, type TestServer } from '../../harness.ts';
import { pythonClients } from '../../python-clients.ts';
import { zip } from './fixture.ts';

const run = promisify(execFile);
const bin = await pythonClients();
const skip = bin === undefined && 'there is no Python';
const scratch = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-python-operations-'));
let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(async () => {
  await server.stop();
  rmSync(scratch, { recursive: true });
});

const PROGRAM = `
import io, json, sys, time, urllib.request, zipfile
import boto3
from botocore.exceptions import ClientError

session = boto3.Session(aws_access_key_id='test', aws_secret_access_key='test', region_name='us-east-1')
client = session.client('lambda', endpoint_url=sys.argv[1])
sqs = session.client('sqs', endpoint_url=sys.argv[1])
role = 'arn:aws:iam::000000000000:role/test'
seen = {}

def archive(**files):
    target = io.BytesIO()
    with zipfile.ZipFile(target, 'w') as package:
        for name, text in files.items():
            package.writestr(name.replace('__', '/') + '.js', text)
    return target.getvalue()

def call(name, **rest):
    answer = client.invoke(FunctionName=name, **rest)
    return [answer['StatusCode'], answer.get('ExecutedVersion'), json.loads(answer['Payload'].read() or 'null')]

layer = client.publish_layer_version(LayerName='words', Content={'ZipFile': archive(nodejs__node_modules__words__index='exports.word = "layer"')}, CompatibleRuntimes=['nodejs22.x'])
seen['layer'] = [layer['Version'], layer['LayerVersionArn'], [each['LayerName'] for each in client.list_layers()['Layers']]]

source = 'exports.handler = async (event) => event.Records ? { batchItemFailures: [] } : [%d, require("words").word, event];'
client.create_function(FunctionName='main', Role=role, Runtime='nodejs22.x', Handler='index.handler', Code={'ZipFile': archive(index=source % 1)}, Layers=[layer['LayerVersionArn']], Environment={'Variables': {'NAME': 'b'}})
client.get_waiter('function_active_v2').wait(FunctionName='main')
one = client.publish_version(FunctionName='main', Description='first')
client.update_function_code(FunctionName='main', ZipFile=archive(index=source % 2))
client.get_waiter('function_updated_v2').wait(FunctionName='main')
two = client.publish_version(FunctionName='main')
seen['versions'] = [each['Version'] for page in client.get_paginator('list_versions_by_function').paginate(FunctionName='main', PaginationConfig={'PageSize': 1}) for each in page['Versions']]

client.create_alias(FunctionName='main', Name='live', FunctionVersion=one['Version'])
seen['alias'] = [call('main', Qualifier='live', Payload=b'{"n":1}')]
client.update_alias(FunctionName='main', Name='live', FunctionVersion=two['Version'], RoutingConfig={'AdditionalVersionWeights': {}})
seen['alias'].append(call('main:live', Payload=b'{"n":2}'))

client.put_function_event_invoke_config(FunctionName='main', MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60)
seen['async'] = [call('main', InvocationType='Event', Payload=b'{}')[0], call('main', InvocationType='DryRun')[0], client.get_function_event_invoke_config(FunctionName='main')['MaximumRetryAttempts']]

url = client.create_function_url_config(FunctionName='main', AuthType='NONE', Cors={'AllowOrigins': ['*']})
for action, extra in (('lambda:InvokeFunctionUrl', {'FunctionUrlAuthType': 'NONE'}), ('lambda:InvokeFunction', {'InvokedViaFunctionUrl': True})):
    client.add_permission(FunctionName='main', StatementId=action.split(':')[1], Action=action, Principal='*', **extra)
path = sys.argv[1] + '/_aws/lambda-url/' + url['FunctionUrl'].split('//')[1].split('.')[0] + '/some?q=1'
seen['url'] = json.loads(urllib.request.urlopen(path).read())[2]['rawPath']
seen['policy'] = sorted(each['Sid'] for each in json.loads(client.get_policy(FunctionName='main')['Policy'])['Statement'])

client.put_provisioned_concurrency_config(FunctionName='main', Qualifier='live', ProvisionedConcurrentExecutions=1)
for _ in range(400):
    config = client.get_provisioned_concurrency_config(FunctionName='main', Qualifier='live')
    if config['Status'] != 'IN_PROGRESS': break
    time.sleep(0.05)
seen['provisioned'] = [config['Status'], config['AvailableProvisionedConcurrentExecutions']]

queue = sqs.create_queue(QueueName='jobs')['QueueUrl']
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
mapping = client.create_event_source_mapping(EventSourceArn=arn, FunctionName='main', BatchSize=5, FunctionResponseTypes=['ReportBatchItemFailures'])
sqs.send_message(QueueUrl=queue, MessageBody='work')
for _ in range(400):
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'])['Attributes']
    if set(left.values()) == {'0'}: break
    time.sleep(0.05)
seen['mapping'] = [sorted(set(left.values())), mapping['BatchSize'], client.get_event_source_mapping(UUID=mapping['UUID'])['State']]

errors = []
for attempt in (
    lambda: client.create_alias(FunctionName='main', Name='live', FunctionVersion='1'),
    lambda: client.invoke(FunctionName='main', Qualifier='9'),
    lambda: client.get_layer_version(LayerName='words', VersionNumber=7),
    lambda: client.delete_event_source_mapping(UUID='00000000-0000-0000-0000-000000000000'),
):
    try: attempt()
    except ClientError as error: errors.append([error.response['Error']['Code'], error.response['ResponseMetadata']['HTTPStatusCode']])
seen['errors'] = errors

client.tag_resource(Resource=one['FunctionArn'].rsplit(':', 1)[0], Tags={'team': 'a'})
seen['tags'] = client.list_tags(Resource=one['FunctionArn'].rsplit(':', 1)[0])['Tags']
client.delete_provisioned_concurrency_config(FunctionName='main', Qualifier='live')
client.put_function_concurrency(FunctionName='main', ReservedConcurrentExecutions=0)
try: call('main')
except client.exceptions.TooManyRequestsException as error: seen['throttled'] = [error.response['Reason'], error.response['ResponseMetadata']['HTTPHeaders'].get('retry-after')]
client.delete_event_source_mapping(UUID=mapping['UUID'])
client.delete_function(FunctionName='main')
seen['left'] = [each['FunctionName'] for page in client.get_paginator('list_functions').paginate() for each in page['Functions']]
print(json.dumps(seen))
`;

test(
  'boto3: layers, versions, aliases, events, URLs, provisioned concurrency, mappings, throttling',
  { skip },
  async () => {
    const { stdout } = await run(path.join(bin ?? '', 'python'), ['-c', PROGRAM, server.endpoint]);
    assert.deepEqual(JSON.parse(stdout), {
      layer: [1, 'arn:aws:lambda:us-east-1:000000000000:layer:words:1', ['words']],
      versions: ['$LATEST', '1', '2'],
      alias: [
        [200, '1', [1, 'layer', { n: 1 }]],
        [200, '2', [2, 'layer', { n: 2 }]],
      ],
      async: [202, 204, 0],
      url: '/some',
      policy: ['InvokeFunction', 'InvokeFunctionUrl'],
      provisioned: ['READY', 1],
      mapping: [['0'], 5, 'Enabled'],
      errors: [
        ['ResourceConflictException', 409],
        ['ResourceNotFoundException', 404],
        ['ResourceNotFoundException', 404],
        ['ResourceNotFoundException', 404],
      ],
      tags: { team: 'a' },
      throttled: ['ReservedFunctionConcurrentInvocationLimitExceeded', '1'],
      left: [],
    });
  },
);

/** The CLI's own driver, one command after another in one process: it takes most of its time to start. */
const COMMANDS = `
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver

driver = create_clidriver()
for command in json.load(sys.stdin):
    out, errors = io.StringIO(), io.StringIO()
    out.buffer = out
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        status = driver.main(command)
    print(json.dumps([status, out.getvalue(), errors.getvalue()]))
`;

/** What each command prints, as JSON where it is, or the words of its error. */
async function aws(commands: string[][]): Promise<any[]> {
  const child = run(path.join(bin ?? '', 'python'), ['-c', COMMANDS], {
    cwd: scratch,
    env: {
      PATH: process.env['PATH'],
      HOME: scratch,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
  child.child.stdin?.end(JSON.stringify(commands));
  const { stdout } = await child;
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [status, out, errors] = JSON.parse(line) as [number, string, string];
      if (status !== 0) return errors.trim();
      return out.trim() === '' ? undefined : JSON.parse(out);
    });
}

const CLI = 'the AWS CLI: layer, function, version, alias, event, URL, provisioned concurrency, mapping';
test(CLI, { skip }, async () => {
  const file = (name: string, bytes: Buffer): string => {
    writeFileSync(path.join(scratch, name), bytes);
    return `fileb://${name}`;
  };
  const layer = file('layer.zip', await zip({ 'nodejs/node_modules/words/index.js': 'exports.word = "cli"' }));
  const code = file('code.zip', await zip({ 'index.js': 'exports.handler = async () => require("words").word;' }));
  const arn = 'arn:aws:lambda:us-east-1:000000000000';
  const lambda = (operation: string, ...rest: string[]): string[] => ['lambda', operation, ...rest];
  const named = (operation: string, ...rest: string[]): string[] =>
    lambda(operation, '--function-name', 'cli', ...rest);
  const settings = [
    '--runtime',
    'nodejs22.x',
    '--handler',
    'index.handler',
    '--role',
    'arn:aws:iam::000000000000:role/cli',
  ];
  await new SQSClient(server.sdk).send(new CreateQueueCommand({ QueueName: 'cli' }));
  const answers = await aws([
    lambda('publish-layer-version', '--layer-name', 'cli', '--zip-file', layer),
    named('create-function', ...settings, '--zip-file', code, '--layers', `${arn}:layer:cli:1`),
    lambda('wait', 'function-active-v2', '--function-name', 'cli'),
    named('publish-version'),
    named('create-alias', '--name', 'live', '--function-version', '1'),
    named('invoke', '--qualifier', 'live', '--log-type', 'Tail', 'out.json'),
    named('invoke', '--invocation-type', 'Event', 'event.json'),
    named('create-function-url-config', '--auth-type', 'AWS_IAM'),
    named('put-provisioned-concurrency-config', '--qualifier', 'live', '--provisioned-concurrent-executions', '1'),
    named('create-event-source-mapping', '--event-source-arn', 'arn:aws:sqs:us-east-1:000000000000:cli'),
    named('list-event-source-mappings'),
    lambda('get-function', '--function-name', 'none'),
  ]);
  const [published, created, waited, version, alias, invoked, event, url, provisioned, mapping, mappings, none] =
    answers;
  assert.equal(published.LayerVersionArn, `${arn}:layer:cli:1`);
  assert.equal(created.FunctionArn ?? created, `${arn}:function:cli`);
  assert.equal(waited, undefined);
  assert.equal(version.Version, '1');
  assert.equal(alias.AliasArn, `${arn}:function:cli:live`);
  assert.deepEqual([invoked.StatusCode, invoked.ExecutedVersion], [200, '1']);
  assert.match(Buffer.from(invoked.LogResult, 'base64').toString(), /REPORT RequestId/);
  assert.equal(readFileSync(path.join(scratch, 'out.json'), 'utf8'), '"cli"');
  assert.equal(event.StatusCode, 202);
  assert.equal(url.AuthType, 'AWS_IAM');
  assert.equal(provisioned.RequestedProvisionedConcurrentExecutions, 1);
  assert.equal(mapping.FunctionArn, `${arn}:function:cli`);
  assert.equal(mappings.EventSourceMappings.length, 1);
  assert.match(none, /ResourceNotFoundException.*Function not found/);
});
