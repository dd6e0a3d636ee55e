import { ApiGatewayManagementApiClient, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client();
const Bucket = process.env.PEOPLE;
const NAME_MAX = 40;

const keyOf = ({ id, name }) => `people/${id}/${encodeURIComponent(name)}`;

/** Everybody who is there: the keys of the bucket say it all. */
async function everybody() {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'people/' }));
  return Contents.map(({ Key }) => {
    const [, id, name] = Key.split('/');
    return { id, name: decodeURIComponent(name) };
  });
}

/** Sends to everybody; whoever is gone without a word is struck off. */
async function tell({ domainName, stage }, people, message) {
  const client = new ApiGatewayManagementApiClient({ endpoint: `https://${domainName}/${stage}` });
  const Data = JSON.stringify(message);
  await Promise.all(
    people.map(async (person) => {
      try {
        await client.send(new PostToConnectionCommand({ ConnectionId: person.id, Data }));
      } catch (error) {
        if (error.name !== 'GoneException') throw error;
        await s3.send(new DeleteObjectCommand({ Bucket, Key: keyOf(person) }));
      }
    }),
  );
}

/** $connect: the connection cannot be written to before this has answered, so only the others are told. */
export async function enter({ requestContext, queryStringParameters }) {
  const name = queryStringParameters?.name?.trim().slice(0, NAME_MAX);
  if (!name) return { statusCode: 400 };
  const others = await everybody();
  await s3.send(new PutObjectCommand({ Bucket, Key: keyOf({ id: requestContext.connectionId, name }) }));
  await tell(requestContext, others, { kind: 'entered', name });
  return { statusCode: 200 };
}

export async function leave({ requestContext }) {
  const all = await everybody();
  const gone = all.find(({ id }) => id === requestContext.connectionId);
  if (!gone) return { statusCode: 200 };
  await s3.send(new DeleteObjectCommand({ Bucket, Key: keyOf(gone) }));
  const others = all.filter((person) => person !== gone);
  await tell(requestContext, others, { kind: 'left', name: gone.name });
  return { statusCode: 200 };
}

export async function say({ requestContext, body }) {
  const { text } = JSON.parse(body);
  const all = await everybody();
  const name = all.find(({ id }) => id === requestContext.connectionId)?.name;
  if (name && typeof text === 'string') await tell(requestContext, all, { kind: 'said', name, text });
  return { statusCode: 200 };
}

/** Two-way: the answer goes back to the one who asked. */
export async function who() {
  const names = (await everybody()).map(({ name }) => name);
  return { statusCode: 200, body: JSON.stringify({ kind: 'there', names: names.toSorted() }) };
}
