import { putDomain, requireDomain } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { apiNotFound, badRequest, stageNotFound } from './errors.ts';
import { apis, placeOf, stages } from './store.ts';

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

/** arn:aws:apigateway:REGION::/apis/ID[/stages/NAME] */
const TAGGABLE = /^arn:aws[a-z-]*:apigateway:[a-z0-9-]+::\/apis\/([a-z0-9]+)(?:\/stages\/([^/]+))?$/;

const DOMAIN = /^arn:aws[a-z-]*:apigateway:[a-z0-9-]+:(?:\d{12})?:\/domainnames\/([^/]+)$/;

/** Reads, and with `change` writes, the tags of an API or a stage. */
async function tagsOf(
  context: Context,
  arn: string,
  change?: (tags: Record<string, string>) => Record<string, string>,
): Promise<Record<string, string>> {
  const domainName = DOMAIN.exec(decodeURIComponent(arn))?.[1];
  if (domainName !== undefined) return tagsOfDomain(context, domainName, change);
  const match = TAGGABLE.exec(decodeURIComponent(arn));
  if (!match) throw badRequest('Invalid ARN specified in the request');
  const [, apiId = '', stageName] = match;
  const at = placeOf(context);
  return context.store.transact(async (tx) => {
    const api = await apis.find(tx, at, '', apiId);
    if (!api) throw apiNotFound(context.accountId, apiId);
    const stage = stageName === undefined ? undefined : await stages.find(tx, at, apiId, stageName);
    if (stageName !== undefined && !stage) throw stageNotFound();
    const before = (stage ?? api).Tags;
    if (!change) return before;
    const Tags = change({ ...before });
    checkTags(Tags);
    if (stage) stages.put(tx, at, apiId, { ...stage, Tags });
    else apis.put(tx, at, '', { ...api, Tags });
    return Tags;
  });
}

const tagsOfDomain = (
  context: Context,
  name: string,
  change?: (tags: Record<string, string>) => Record<string, string>,
): Promise<Record<string, string>> =>
  context.store.transact(async (tx) => {
    const domain = await requireDomain(tx, context, name);
    if (!change) return domain.tags;
    const tags = change({ ...domain.tags });
    checkTags(tags);
    putDomain(tx, { ...domain, tags });
    return tags;
  });

export const tagResource: Operation<'apigatewayv2', 'TagResource'> = async (input, context) => {
  await tagsOf(context, input.ResourceArn, (tags) => ({ ...tags, ...input.Tags }));
  return {};
};

export const untagResource: Operation<'apigatewayv2', 'UntagResource'> = async (input, context) => {
  const removed = new Set(input.TagKeys);
  await tagsOf(context, input.ResourceArn, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([name]) => !removed.has(name))),
  );
  return {};
};

export const getTags: Operation<'apigatewayv2', 'GetTags'> = async (input, context) => ({
  Tags: await tagsOf(context, input.ResourceArn),
});
