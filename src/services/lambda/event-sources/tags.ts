// Tags of mappings. TagResource and its kin are one operation for functions and mappings: the ARN decides.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidParameter } from '../errors.ts';
import { requireMapping } from './mappings.ts';
import { putMapping } from './store.ts';

const TAGS_MAX = 50;
const ARN = /^arn:aws[a-z-]*:lambda:[^:]+:\d{12}:event-source-mapping:([^:]+)$/;

export const mappingOfArn = (arn: string): string | undefined => ARN.exec(arn)?.[1];

type Tags = Record<string, string>;

async function changeTags(context: Context, uuid: string, change: (tags: Tags) => Tags): Promise<void> {
  await context.store.transact(async (tx) => {
    const mapping = await requireMapping(context, uuid, tx);
    const tags = change(mapping.tags);
    if (Object.keys(tags).length > TAGS_MAX) throw invalidParameter('Number of tags exceeds resource tag limit.');
    putMapping(tx, { ...mapping, tags });
  });
}

export const taggingResource =
  (otherwise: Operation<'lambda', 'TagResource'>): Operation<'lambda', 'TagResource'> =>
  async (input, context) => {
    const uuid = mappingOfArn(input.Resource);
    if (uuid === undefined) return otherwise(input, context);
    await changeTags(context, uuid, (tags) => ({ ...tags, ...input.Tags }));
    return {};
  };

export const untaggingResource =
  (otherwise: Operation<'lambda', 'UntagResource'>): Operation<'lambda', 'UntagResource'> =>
  async (input, context) => {
    const uuid = mappingOfArn(input.Resource);
    if (uuid === undefined) return otherwise(input, context);
    await changeTags(context, uuid, (tags) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys.includes(key))),
    );
    return {};
  };

export const listingTags =
  (otherwise: Operation<'lambda', 'ListTags'>): Operation<'lambda', 'ListTags'> =>
  async (input, context) => {
    const uuid = mappingOfArn(input.Resource);
    return uuid === undefined ? otherwise(input, context) : { Tags: (await requireMapping(context, uuid)).tags };
  };
