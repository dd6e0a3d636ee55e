import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client();

export async function handler(event, context) {
  try {
    const data = await apply(event);
    await respond(event, context, { Status: 'SUCCESS', Data: data });
  } catch (error) {
    await respond(event, context, { Status: 'FAILED', Reason: error.message });
  }
}

async function apply({ RequestType, ResourceProperties: { Bucket, Objects } }) {
  if (RequestType !== 'Create') await empty(Bucket);
  if (RequestType === 'Delete') return {};
  for (const [Key, value] of Object.entries(Objects)) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify(value), ContentType: 'application/json' }));
  }
  return { Count: Object.keys(Objects).length };
}

async function empty(Bucket) {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  const Objects = Contents.map(({ Key }) => ({ Key }));
  if (Objects.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
}

/** CloudFormation waits for this answer at an address of its own. */
async function respond(event, context, outcome) {
  const { StackId, RequestId, LogicalResourceId, ResourceProperties } = event;
  const PhysicalResourceId = `seed-of-${ResourceProperties.Bucket}`;
  const body = JSON.stringify({
    Reason: `See ${context.logGroupName}`,
    ...outcome,
    PhysicalResourceId,
    StackId,
    RequestId,
    LogicalResourceId,
  });
  const answer = await fetch(event.ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body });
  if (!answer.ok) throw new Error(`CloudFormation answered ${answer.status}`);
}
