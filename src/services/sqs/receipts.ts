// Receipt handles: where the message is and which receive it was. Opaque to clients.
import { receiptHandleIsInvalid, receiptHandleOfAnotherQueue } from './errors.ts';
import type { Queue } from './records.ts';

export interface Receipt {
  seq: string;
  /** the message's count of receives when this handle was given */
  receives: number;
}

/** AWS's handles begin with AQEB: three bytes of 1 and more. */
const MARK = Buffer.from([1, 1, 1]);

export function formatReceipt(queue: Queue, { seq, receives }: Receipt): string {
  return Buffer.concat([MARK, Buffer.from(`${queue.id} ${seq} ${receives}`)]).toString('base64');
}

export function parseReceipt(queue: Queue, handle: string): Receipt {
  const bytes = Buffer.from(handle, 'base64');
  const [id, seq, receives, ...more] = bytes.subarray(MARK.length).toString().split(' ');
  const isOurs = bytes.subarray(0, MARK.length).equals(MARK) && bytes.toString('base64') === handle;
  if (!isOurs || id === undefined || !seq || !/^\d+$/.test(receives ?? '') || more.length > 0) {
    throw receiptHandleIsInvalid(handle);
  }
  if (id !== queue.id) throw receiptHandleOfAnotherQueue(handle);
  return { seq, receives: Number(receives) };
}
