import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const queue = new SQSClient({});

/** Writes a receipt for every order; an order without items is reported and tried again. */
export async function handler(event) {
  const batchItemFailures = [];
  for (const record of event.Records) {
    try {
      await handle(JSON.parse(record.body), record);
    } catch (error) {
      console.error(`order ${record.messageId}: ${error.message}`);
      batchItemFailures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures };
}

async function handle(order, record) {
  if (!order.items?.length) throw new Error('an order needs items');
  const receipt = { order: order.id, items: order.items.length, event: record };
  await queue.send(new SendMessageCommand({ QueueUrl: process.env.RECEIPTS, MessageBody: JSON.stringify(receipt) }));
}
