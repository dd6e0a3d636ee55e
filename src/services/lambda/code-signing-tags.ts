// TagResource, UntagResource and ListTags also take code signing configurations.
import type { Context } from '#kernel/context.ts';
import type { Authorize, Operation } from '#kernel/service.ts';
import { onSigning, requireSigning } from './code-signing.ts';
import { checkTags } from './concurrency.ts';
import { placeOf, putSigning } from './store.ts';

const isSigning = (arn: string): boolean => arn.split(':')[5] === 'code-signing-config';

async function changeTags(
  context: Context,
  arn: string,
  change: (tags: Record<string, string>) => Record<string, string>,
): Promise<void> {
  await context.store.transact(async (tx) => {
    const record = await requireSigning(context, arn, tx);
    const tags = change(record.tags);
    checkTags(tags);
    putSigning(tx, placeOf(context), { ...record, tags });
  });
}

export const taggingResource =
  (otherwise: Operation<'lambda', 'TagResource'>): Operation<'lambda', 'TagResource'> =>
  async (input, context) => {
    if (!isSigning(input.Resource)) return otherwise(input, context);
    await changeTags(context, input.Resource, (tags) => ({ ...tags, ...input.Tags }));
    return {};
  };

export const untaggingResource =
  (otherwise: Operation<'lambda', 'UntagResource'>): Operation<'lambda', 'UntagResource'> =>
  async (input, context) => {
    if (!isSigning(input.Resource)) return otherwise(input, context);
    const removed = new Set(input.TagKeys);
    await changeTags(context, input.Resource, (tags) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !removed.has(key))),
    );
    return {};
  };

export const listingTags =
  (otherwise: Operation<'lambda', 'ListTags'>): Operation<'lambda', 'ListTags'> =>
  async (input, context) =>
    isSigning(input.Resource)
      ? { Tags: (await requireSigning(context, input.Resource)).tags }
      : otherwise(input, context);

export const onSigningOr =
  (action: string, otherwise: Authorize): Authorize =>
  (input, context) =>
    isSigning(input.Resource)
      ? onSigning(action)({ CodeSigningConfigArn: input.Resource }, context)
      : otherwise(input, context);
