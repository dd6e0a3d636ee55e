import { putDomain, requireDomain } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import {
  apiKeyNotFound,
  apiNotFound,
  badRequest,
  clientCertificateNotFound,
  planNotFound,
  stageNotFound,
} from './errors.ts';
import { apiKeys, clientCertificates, placeOf, restApis, stages, usagePlans, type Place } from './store.ts';

const TAGS_MAX = 50;
const KEY_MAX = 128;
const VALUE_MAX = 256;

export function checkTags(tags: Record<string, string>): void {
  const names = Object.keys(tags);
  if (names.length > TAGS_MAX) throw badRequest(`At most ${TAGS_MAX} tags can be set for a resource`);
  for (const name of names) {
    if (name.toLowerCase().startsWith('aws:')) throw badRequest('Tag keys cannot begin with aws:');
    if (name.length > KEY_MAX) throw badRequest(`Tag keys must have at most ${KEY_MAX} characters`);
    if ((tags[name]?.length ?? 0) > VALUE_MAX) throw badRequest(`Tag values must have at most ${VALUE_MAX} characters`);
  }
}

interface Tagged {
  tags?: Record<string, string>;
}
interface Found {
  record: Tagged;
  put(changed: Tagged): void;
}

/** arn:aws:apigateway:REGION::/restapis/ID[/stages/NAME], /apikeys/ID, /usageplans/ID, /domainnames/NAME */
const TAGGABLE =
  /^arn:aws[a-z-]*:apigateway:[a-z0-9-]+:(?:\d{12})?:\/(restapis|apikeys|usageplans|domainnames|clientcertificates)\/([A-Za-z0-9.*-]+)(?:\/stages\/([^/]+))?$/;

async function findTagged(tx: Transaction, context: Context, arn: string): Promise<Found> {
  const match = TAGGABLE.exec(decodeURIComponent(arn));
  const [, kind, id = '', stageName] = match ?? [];
  const at = placeOf(context);
  if (kind === 'apikeys' && stageName === undefined) return foundIn(apiKeys, apiKeyNotFound());
  if (kind === 'usageplans' && stageName === undefined) return foundIn(usagePlans, planNotFound());
  if (kind === 'clientcertificates' && stageName === undefined) {
    return foundIn(clientCertificates, clientCertificateNotFound());
  }
  if (kind === 'domainnames' && stageName === undefined) {
    const domain = await requireDomain(tx, context, id);
    return { record: domain, put: ({ tags = {} }) => putDomain(tx, { ...domain, tags }) };
  }
  if (kind !== 'restapis') throw badRequest('Invalid ARN specified in the request');
  const api = await foundIn(restApis, apiNotFound(context.accountId, id));
  if (stageName === undefined) return api;
  const stage = await stages.find(tx, at, id, stageName);
  if (!stage) throw stageNotFound();
  return { record: stage, put: (changed) => stages.put(tx, at, id, { ...stage, ...changed }) };

  async function foundIn<T extends Tagged>(
    collection: {
      find(reader: Transaction, at: Place, parent: string, id: string): Promise<T | undefined>;
      put(tx: Transaction, at: Place, parent: string, value: T): void;
    },
    missing: Error,
  ): Promise<Found> {
    const record = await collection.find(tx, at, '', id);
    if (!record) throw missing;
    return { record, put: (changed) => collection.put(tx, at, '', { ...record, ...changed }) };
  }
}

const changeTags = (
  context: Context,
  arn: string,
  change: (tags: Record<string, string>) => Record<string, string>,
): Promise<void> =>
  context.store.transact(async (tx) => {
    const found = await findTagged(tx, context, arn);
    const tags = change({ ...found.record.tags });
    checkTags(tags);
    found.put({ tags });
  });

export const tagResource: Operation<'apigateway', 'TagResource'> = async (input, context) => {
  await changeTags(context, input.resourceArn, (tags) => ({ ...tags, ...input.tags }));
  return {};
};

export const untagResource: Operation<'apigateway', 'UntagResource'> = async (input, context) => {
  const removed = new Set(input.tagKeys);
  await changeTags(context, input.resourceArn, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([name]) => !removed.has(name))),
  );
  return {};
};

export const getTags: Operation<'apigateway', 'GetTags'> = (input, context) =>
  context.store.transact(async (tx) => ({
    tags: (await findTagged(tx, context, input.resourceArn)).record.tags ?? {},
  }));
