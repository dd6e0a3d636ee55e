// What the store keeps of queues and messages.

export interface Place {
  accountId: string;
  region: string;
}

export interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
}

export interface Queue extends Place {
  name: string;
  isFifo: boolean;
  /** of this queue alone: a queue of the same name that comes later has another */
  id: string;
  /** names where the messages are; PurgeQueue begins a new one and leaves the old to be cleared */
  epoch: string;
  /** seconds since the epoch, as AWS counts here */
  createdAt: number;
  modifiedAt: number;
  purgedAtMs?: number;
  /** every settable attribute that has a value, defaults included, as text */
  attributes: Record<string, string>;
  tags: Record<string, string>;
}

export interface StoredAttribute {
  type: string;
  text?: string;
  /** base64 */
  bytes?: string;
}

/** What the sender said. Never changes. */
export interface Content {
  body: string;
  attributes?: Record<string, StoredAttribute>;
}

export interface Message {
  /** MessageId */
  id: string;
  md5: string;
  sender: string;
  sentAt: number;
  /** ms since the epoch: from then on it can be received */
  visibleAt: number;
  receives: number;
  firstReceivedAt?: number;
  /** the last time */
  receivedAt?: number;
  group?: string;
  deduplication?: string;
  sequence?: string;
  trace?: string;
  /** ARN of the queue that it was moved from */
  deadLetterSource?: string;
  content?: Content;
  /** large contents lie beside, in so many pieces */
  pieces?: number;
}

/** Value of the index by visibility. */
export interface IndexEntry {
  received: boolean;
  group?: string;
}

export const placeOf = ({ accountId, region }: Place): Place => ({ accountId, region });
