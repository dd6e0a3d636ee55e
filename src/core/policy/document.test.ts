import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { contextKeysOf } from './context-keys.ts';
import { parsePolicy, type PolicyKind } from './document.ts';
import { MalformedPolicy } from './malformed-policy.ts';

const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };
const text = (change: Record<string, unknown>, version: unknown = '2012-10-17'): string =>
  JSON.stringify({ Version: version, Statement: [{ ...statement, ...change }] });

function refusal(document: string, kind: PolicyKind = 'identity'): string {
  try {
    parsePolicy(document, kind);
  } catch (error) {
    assert.ok(error instanceof MalformedPolicy, String(error));
    return error.message;
  }
  return 'accepted';
}

test('structure', () => {
  assert.equal(refusal('{'), 'Syntax errors in policy.');
  assert.equal(refusal('{', 'trust'), 'This policy contains invalid Json');
  assert.equal(refusal('[]'), 'Syntax errors in policy.');
  assert.equal(refusal('{}'), 'Syntax errors in policy.');
  assert.equal(refusal('{"Statement":[]}'), 'Syntax errors in policy.');
  assert.equal(refusal(text({}, '2020-01-01')), 'The policy must contain a valid version string');
  assert.equal(refusal(text({ Effect: 'allow' })), 'Syntax errors in policy.');
  assert.equal(refusal(text({ Actions: 's3:*' })), 'Syntax errors in policy.');
  assert.equal(refusal(text({ Action: undefined })), 'Policy statement must contain actions.');
  assert.equal(refusal(text({ Resource: undefined })), 'Policy statement must contain resources.');
  assert.equal(refusal(text({ Resource: [] })), 'Policy statement must contain resources.');
  assert.equal(refusal(text({ NotAction: 's3:*' })), 'Syntax errors in policy.');
  assert.equal(refusal(text({ Resource: { Ref: 'Bucket' } })), 'Syntax errors in policy.');
  assert.equal(refusal(JSON.stringify({ Version: '2012-10-17', Statement: statement })), 'accepted');
});

test('statement ids', () => {
  const two = (a: string, b: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Sid: a, ...statement },
        { Sid: b, ...statement },
      ],
    });
  assert.equal(refusal(two('A', 'B')), 'accepted');
  assert.equal(refusal(two('A', 'A')), 'Statement IDs (SID) in a single policy must be unique.');
  assert.match(refusal(two('A b', 'B')), /^Statement IDs \(SID\) must be alpha-numeric/);
});

test('actions and resources', () => {
  assert.match(refusal(text({ Action: 'GetObject' })), /must be prefaced by a vendor/);
  assert.equal(refusal(text({ Action: 's3 :Get' })), 'Vendor s3  is not valid');
  assert.equal(refusal(text({ Action: ['*', 's3:Get*'] })), 'accepted');
  assert.equal(refusal(text({ Resource: 'bucket' })), 'Resource bucket must be in ARN format or "*".');
  assert.equal(refusal(text({ Resource: 'arn:aws:s3::bucket' })), 'The policy failed legacy parsing');
  assert.equal(
    refusal(text({ Resource: 'arn:amazon:s3:::b' })),
    'Partition "amazon" is not valid for resource "arn:amazon:s3:::b".',
  );
  assert.equal(
    refusal(text({ Resource: 'arn:aws:s*:::b' })),
    'Resource vendor must be fully qualified and cannot contain regexes.',
  );
  assert.equal(
    refusal(text({ Resource: 'arn:aws:iam:us-east-1:1:role/x' })),
    'IAM resource arn:aws:iam:us-east-1:1:role/x cannot contain region information.',
  );
  assert.match(
    refusal(text({ Resource: 'arn:aws:iam::1:rolle/x' })),
    /^IAM resource path must either be "\*" or start with user\//,
  );
  assert.equal(refusal(text({ Resource: ['arn:aws:s3:::b/${aws:username}', 'arn:*:s3:::b'] })), 'accepted');
});

test('principals', () => {
  const principal = (value: unknown, kind: PolicyKind = 'resource'): string =>
    refusal(text({ Principal: value }), kind);
  assert.equal(principal('*', 'identity'), 'Policy document should not specify a principal.');
  assert.equal(refusal(text({}), 'resource'), 'Missing required field Principal');
  for (const good of [
    '*',
    { AWS: '111122223333' },
    { AWS: ['arn:aws:iam::111122223333:root', 'arn:aws:iam::111122223333:user/a/b'] },
    { Service: ['lambda.amazonaws.com', 'states.us-east-1.amazonaws.com'] },
    { Federated: 'cognito-identity.amazonaws.com' },
    { CanonicalUser: 'ab12' },
    { AWS: 'arn:aws:sts::111122223333:assumed-role/r/s' },
  ]) {
    assert.equal(principal(good), 'accepted', JSON.stringify(good));
  }
  assert.equal(
    principal({ AWS: 'arn:aws:iam::111122223333:role/*' }),
    'Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/*"',
  );
  assert.equal(principal({ AWS: 'me' }), 'Invalid principal in policy: "AWS":"me"');
  assert.equal(principal({ Service: 'lambda' }), 'Invalid principal in policy: "SERVICE":"lambda"');
  assert.equal(principal({ Planet: 'earth' }), 'Syntax errors in policy.');
  assert.equal(principal('me'), 'Syntax errors in policy.');
});

test('trust policies', () => {
  const trust = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const of = (change: Record<string, unknown>): string =>
    refusal(JSON.stringify({ Version: '2012-10-17', Statement: [{ ...trust, ...change }] }), 'trust');
  assert.equal(of({}), 'accepted');
  assert.equal(of({ Action: ['sts:AssumeRole', 'sts:TagSession'] }), 'accepted');
  assert.equal(of({ Resource: '*' }), 'Has prohibited field Resource');
  assert.equal(of({ Principal: undefined }), 'Missing required field Principal');
  assert.equal(of({ Action: 's3:GetObject' }), 'AssumeRole policy may only specify STS AssumeRole actions.');
});

test('conditions', () => {
  assert.equal(
    refusal(text({ Condition: { StringEqualz: { 'aws:x': 'a' } } })),
    'Invalid Condition type : StringEqualz.',
  );
  assert.equal(
    refusal(text({ Condition: { NullIfExists: { 'aws:x': 'true' } } })),
    'Invalid Condition type : NullIfExists.',
  );
  assert.equal(refusal(text({ Condition: { StringEquals: 'a' } })), 'Syntax errors in policy.');
  assert.equal(refusal(text({ Condition: { StringEquals: { 'aws:x': { a: 1 } } } })), 'Syntax errors in policy.');
  assert.match(refusal(text({ Condition: { StringEquals: { x: 'a' } } })), /must be prefaced by a vendor/);
  assert.equal(
    refusal(
      text({
        Condition: {
          'ForAllValues:StringLikeIfExists': { 'aws:TagKeys': ['a'] },
          Bool: { 'aws:SecureTransport': true },
        },
      }),
    ),
    'accepted',
  );
});

test('property: whatever JSON comes, it is read or refused as malformed', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom<PolicyKind>('identity', 'trust', 'resource'), (json, kind) => {
      refusal(JSON.stringify(json), kind);
      refusal(JSON.stringify({ Version: '2012-10-17', Statement: json }), kind);
      refusal(JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, Condition: json }] }), kind);
      refusal(JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, Principal: json }] }), kind);
    }),
  );
});

test('the keys that a policy reads', () => {
  const document = text({
    Resource: "arn:aws:s3:::b/${aws:username}/${aws:PrincipalTag/team, 'x'}/${*}",
    Condition: { StringLike: { 's3:prefix': '${aws:userid}/*' } },
  });
  assert.deepEqual(contextKeysOf(document, 'identity').sort(), [
    'aws:PrincipalTag/team',
    'aws:userid',
    'aws:username',
    's3:prefix',
  ]);
});
