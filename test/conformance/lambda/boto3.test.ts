// boto3 and botocore's own signer: event streams, function URLs, errors as Python programs see them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startTestServer, type TestServer } from '../../harness.ts';
import { pythonClients } from '../../python-clients.ts';

const run = promisify(execFile);
const bin = await pythonClients();
let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.stop());

const PROGRAM = `
import io, json, sys, urllib.request, zipfile
import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

endpoint = sys.argv[1]
session = boto3.Session(aws_access_key_id='test', aws_secret_access_key='test', region_name='us-east-1')
client = session.client('lambda', endpoint_url=endpoint)
archive = io.BytesIO()
with zipfile.ZipFile(archive, 'w') as package:
    package.writestr('index.js', '''
exports.plain = async (event) => event.requestContext ? event.requestContext.authorizer.iam.userArn : event;
exports.streamed = awslambda.streamifyResponse(async (event, stream) => { stream.write('a'); stream.write('b'); stream.end(); });
''')
role = 'arn:aws:iam::000000000000:role/test'
for name in ('plain', 'streamed'):
    client.create_function(FunctionName=name, Role=role, Runtime='nodejs22.x', Handler='index.' + name, Code={'ZipFile': archive.getvalue()})
    client.get_waiter('function_active_v2').wait(FunctionName=name)

answer = client.invoke(FunctionName='plain', Payload=json.dumps({'n': 1}))
invoked = [answer['StatusCode'], answer['ExecutedVersion'], json.loads(answer['Payload'].read())]

stream = client.invoke_with_response_stream(FunctionName='streamed')
events = [next(iter(event)) for event in stream['EventStream']]

created = client.create_function_url_config(FunctionName='plain', AuthType='AWS_IAM')
url = endpoint + '/_aws/lambda-url/' + created['FunctionUrl'].split('//')[1].split('.')[0] + '/'
request = AWSRequest('GET', url)
SigV4Auth(session.get_credentials(), 'lambda', 'us-east-1').add_auth(request)
signed = urllib.request.urlopen(urllib.request.Request(url, headers=dict(request.headers))).read().decode()

try:
    client.get_function(FunctionName='missing')
except ClientError as error:
    missing = [error.response['Error']['Code'], error.response['Error']['Message'], error.response['ResponseMetadata']['HTTPStatusCode']]

print(json.dumps({'invoked': invoked, 'events': events, 'signed': signed, 'missing': missing}))
`;

test(
  'boto3 invokes, streams, waits and signs for a URL',
  { skip: bin === undefined && 'there is no Python' },
  async () => {
    const { stdout } = await run(path.join(bin ?? '', 'python'), ['-c', PROGRAM, server.endpoint]);
    const { events, ...seen } = JSON.parse(stdout) as { events: string[] };
    assert.deepEqual([...new Set(events)], ['PayloadChunk', 'InvokeComplete']);
    assert.deepEqual(seen, {
      invoked: [200, '$LATEST', { n: 1 }],
      signed: '"arn:aws:iam::000000000000:root"',
      missing: [
        'ResourceNotFoundException',
        'Function not found: arn:aws:lambda:us-east-1:000000000000:function:missing',
        404,
      ],
    });
  },
);
