import { withDurableExecution } from '@aws/durable-execution-sdk-js';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

const sqs = new SQSClient({});
const { PAYMENT, PARCELS } = process.env;

// Every step's result is written down once: whatever stops this function, it goes on after the last one.
export const handler = withDurableExecution(async (order, context) => {
  const reservation = await context.step('reserve', async () => ({ id: `r-${order.id}`, items: order.items }));

  const payment = await context.invoke('charge', PAYMENT, { order: order.id, amount: order.amount });
  if (!payment.accepted) return { order: order.id, status: 'declined' };

  // the bank may take the money back for a moment
  await context.wait('settle', { seconds: 1 });

  const parcel = await context.waitForCallback(
    'pack',
    (callbackId) =>
      sqs.send(
        new SendMessageCommand({ QueueUrl: PARCELS, MessageBody: JSON.stringify({ callbackId, ...reservation }) }),
      ),
    { timeout: { minutes: 5 } },
  );

  const shipped = await context.step('ship', async () => ({ parcel, charged: payment.amount }));
  return { order: order.id, status: 'shipped', ...shipped };
});
