import { parseArn } from '#core/arn.ts';
import type { Context } from '#kernel/context.ts';
import { invalidAddress, invalidParameter } from './errors.ts';
import type { Place } from './records.ts';

const STANDARD = /^[A-Za-z0-9_-]{1,80}$/;
const FIFO = /^[A-Za-z0-9_-]{1,75}\.fifo$/;

export function checkQueueName(name: string, isFifo: boolean): void {
  if (isFifo && !FIFO.test(name)) {
    throw invalidParameter(
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.',
    );
  }
  if (!isFifo && !STANDARD.test(name)) {
    throw invalidParameter('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
  }
}

export const queueArn = ({ accountId, region, name }: QueueRef): string => `arn:aws:sqs:${region}:${accountId}:${name}`;

export interface QueueRef extends Place {
  name: string;
}

export function parseQueueArn(text: string): QueueRef | undefined {
  const arn = parseArn(text);
  if (arn?.service !== 'sqs' || !STANDARD_OR_FIFO.test(arn.resource) || !/^\d{12}$/.test(arn.accountId))
    return undefined;
  return { accountId: arn.accountId, region: arn.region, name: arn.resource };
}

const STANDARD_OR_FIFO = /^[A-Za-z0-9_-]{1,80}(\.fifo)?$/;
/** `sqs.eu-west-1.amazonaws.com` and the older `eu-west-1.queue.amazonaws.com` */
const REGION_OF_HOST = /^(?:sqs\.([a-z]{2}(?:-[a-z]+)+-\d)\.|([a-z]{2}(?:-[a-z]+)+-\d)\.queue\.)/;
const PATH = /^\/(?:(\d{12})|queue)\/([A-Za-z0-9_-]{1,80}(?:\.fifo)?)\/?$/;

/** Any form of a queue's URL, or its bare name as SDKs let it pass. */
export function parseQueueUrl(text: string, at: Place): QueueRef {
  if (STANDARD_OR_FIFO.test(text)) return { ...at, name: text };
  let url: URL;
  try {
    url = new URL(text, 'http://localhost');
  } catch {
    throw invalidAddress(text);
  }
  const match = PATH.exec(url.pathname);
  if (!match) throw invalidAddress(text);
  const [, accountId = at.accountId, name = ''] = match;
  const [, modern, older] = REGION_OF_HOST.exec(url.hostname) ?? [];
  return { accountId, region: modern ?? older ?? at.region, name };
}

/**
 * As the caller can use it: by the host he called. In process (CloudFormation's Ref) AWS's own name, which resolves
 * inside sandboxes; where functions run as plain processes they reach us by our own address alone.
 */
export function queueUrl({ http, platform }: Pick<Context, 'http' | 'platform'>, ref: QueueRef): string {
  const path = `/${ref.accountId}/${ref.name}`;
  const endpoint = `https://sqs.${ref.region}.amazonaws.com`;
  if (http?.host.replace(/:\d+$/, '').endsWith('.amazonaws.com')) return endpoint + path;
  if (http && http.host !== '') return `${http.secure ? 'https' : 'http'}://${http.host}${path}`;
  if (platform.isolation.mode !== 'process') return endpoint + path;
  return `http://${platform.config.host}:${platform.config.port}${path}`;
}

const PROBE_MS = 20;
const PROBES_MAX = 150;

/** Until the machine is probed nobody knows how functions will run, so a stack's first queue may have to wait. */
export async function isolationKnown({ http, platform }: Pick<Context, 'http' | 'platform'>): Promise<void> {
  if (http || !platform.services.has('lambda')) return;
  for (let n = 0; n < PROBES_MAX && platform.isolation.mode === 'none'; n++) {
    await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
  }
}
