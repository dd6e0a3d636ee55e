// examples/python-crud under IAM: boto3 without an endpoint, a policy template, models, a bucket encrypted by KMS.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { DeleteRolePolicyCommand, IAMClient, ListRolePoliciesCommand, ListRolesCommand } from '@aws-sdk/client-iam';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startApplication, type Application } from './application.ts';

interface Note {
  id: string;
  text: string;
  created: string;
}
let app: Application;
before(async () => {
  const template = path.resolve(import.meta.dirname, '../../examples/python-crud/template.yaml');
  app = await startApplication(template, { iam: 'enforce' });
});
after(() => app?.stop());

const ask = (method: string, id = '', body?: unknown): Promise<Response> =>
  fetch(app.local('NotesUrl') + (id && `/${id}`), {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const noteOf = async (answer: Response): Promise<Note> => (await answer.json()) as Note;

test('notes are created, listed, read, replaced and deleted', async () => {
  const created = await ask('POST', '', { text: 'Bücher' });
  assert.equal(created.status, 201, await created.clone().text());
  const note = await noteOf(created);
  assert.deepEqual(await (await ask('GET')).json(), { notes: [note] });
  assert.deepEqual(await noteOf(await ask('PUT', note.id, { text: 'more' })), { ...note, text: 'more' });
  assert.deepEqual(await noteOf(await ask('GET', note.id)), { ...note, text: 'more' });
  const head = await new S3Client(app.sdk).send(
    new HeadObjectCommand({ Bucket: app.outputs['Bucket'], Key: `notes/${note.id}.json` }),
  );
  assert.deepEqual([head.ServerSideEncryption, head.ContentType], ['aws:kms', 'application/json']);
  const deleted = await ask('DELETE', note.id);
  assert.deepEqual([deleted.status, await deleted.text()], [204, '']);
  assert.equal((await ask('GET', note.id)).status, 404);
});

test('what the model does not allow never reaches the function', async () => {
  for (const body of [{}, { text: '' }, { text: 7 }, []]) {
    const refused = await ask('POST', '', body);
    assert.deepEqual([refused.status, await refused.json()], [400, { message: 'Invalid request body' }]);
  }
});

test('a browser elsewhere may ask', async () => {
  const preflight = await ask('OPTIONS');
  assert.equal(preflight.headers.get('access-control-allow-methods'), 'GET,POST,PUT,DELETE,OPTIONS');
});

test('without its policy the function is denied, by the words of S3', async () => {
  const iam = new IAMClient(app.sdk);
  const { Roles = [] } = await iam.send(new ListRolesCommand({}));
  const RoleName = Roles.find((role) => role.RoleName?.includes('NotesFunctionRole'))?.RoleName;
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  for (const PolicyName of PolicyNames) await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
  assert.equal((await ask('GET')).status, 502);
  const lambda = new LambdaClient(app.sdk);
  const { Functions: [{ FunctionName } = {}] = [] } = await lambda.send(new ListFunctionsCommand({}));
  const event = JSON.stringify({ httpMethod: 'GET', resource: '/notes' });
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: event }));
  const { errorType, errorMessage } = JSON.parse(Buffer.from(Payload ?? []).toString()) as Record<string, string>;
  assert.equal(errorType, 'AccessDenied');
  assert.match(errorMessage ?? '', /\(AccessDenied\) .*: User: .* is not authorized to perform: s3:ListBucket on/);
});
