import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const queue = new SQSClient();
const PRODUCTS = [
  { id: 'tea', price: 4 },
  { id: 'cup', price: 9 },
];
const json = (statusCode, body) => ({
  statusCode,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

export const products = async () => json(200, { products: PRODUCTS });

/** Orders wait in a queue, each with the id of the key that it was sent with. */
export async function order({ body, requestContext }) {
  const { product } = JSON.parse(body ?? '{}');
  if (!PRODUCTS.some(({ id }) => id === product)) return json(400, { message: `There is no ${product}` });
  const MessageBody = JSON.stringify({ product, keyId: requestContext.identity.apiKeyId });
  const { MessageId } = await queue.send(new SendMessageCommand({ QueueUrl: process.env.ORDERS, MessageBody }));
  return json(202, { order: MessageId });
}

/** Lets everybody in whose key counts: API Gateway looks it up among the keys of the plans. */
export async function keyInQuery({ queryStringParameters, methodArn }) {
  const [stageArn] = methodArn.split(/(?<=^[^/]+\/[^/]+)\//);
  return {
    principalId: 'customer',
    usageIdentifierKey: queryStringParameters.key,
    policyDocument: {
      Version: '2012-10-17',
      // for the whole stage: the answer is kept for a minute, and not for this method alone
      Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: `${stageArn}/*` }],
    },
  };
}
