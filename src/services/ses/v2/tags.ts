import { parseArn } from '#core/arn.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { badRequest, notFound } from '../errors.ts';
import { configurationSets, identities, placeOf } from '../store.ts';

const TAGS_MAX = 50;
type Tagged = { name: string; tags: Record<string, string> };

/** Changes the tags of an identity or a configuration set, or only reads them. */
async function tagsOf(
  context: Context,
  resourceArn: string,
  change?: (tags: Record<string, string>) => void,
): Promise<Record<string, string>> {
  const arn = parseArn(resourceArn);
  const [kind, name = ''] = (arn?.resource ?? '').split(/\/(.*)/s);
  const collection = { identity, 'configuration-set': configurationSet }[kind ?? ''];
  if (arn?.service !== 'ses' || !collection) throw badRequest(`Invalid resource ARN ${resourceArn}.`);
  const isOwn = arn.accountId === context.accountId && arn.region === context.region;
  return context.store.transact(async (tx) => {
    const found = isOwn ? await collection.find(tx, placeOf(context), name) : undefined;
    if (!found) throw notFound(`Resource ${resourceArn} does not exist.`);
    if (!change) return found.tags;
    const tags = { ...found.tags };
    change(tags);
    collection.put(tx, placeOf(context), { ...found, tags });
    return tags;
  });
}
interface Collection {
  find: (...args: Parameters<typeof identities.find>) => Promise<Tagged | undefined>;
  put: (tx: Parameters<typeof identities.put>[0], at: Parameters<typeof identities.put>[1], value: any) => void;
}
const identity: Collection = identities;
const configurationSet: Collection = configurationSets;

export const tagResource: Operation<'sesv2', 'TagResource'> = async (input, context) => {
  await tagsOf(context, input.ResourceArn, (tags) => {
    for (const { Key, Value } of input.Tags) tags[Key] = Value;
    if (Object.keys(tags).length > TAGS_MAX) throw badRequest(`A resource can have at most ${TAGS_MAX} tags.`);
  });
  return {};
};
export const untagResource: Operation<'sesv2', 'UntagResource'> = async (input, context) => {
  await tagsOf(context, input.ResourceArn, (tags) => {
    for (const key of input.TagKeys) delete tags[key];
  });
  return {};
};
export const listTagsForResource: Operation<'sesv2', 'ListTagsForResource'> = async (input, context) => ({
  Tags: Object.entries(await tagsOf(context, input.ResourceArn)).map(([Key, Value]) => ({ Key, Value })),
});
