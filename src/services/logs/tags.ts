import { parseArn } from '#core/arn.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { groupNotFound, invalidParameter, tooManyTags } from './errors.ts';
import { groupNameOf, isOwnGroupArn, requireGroup, updateGroup } from './groups.ts';
import { checkTagKeys } from './tag-keys.ts';

const TAGS_MAX = 50;

/** The tag operations take ARNs only. */
function taggedGroup(context: Context, resourceArn: string): string {
  if (parseArn(resourceArn)?.service !== 'logs') throw invalidParameter(`Invalid resource ARN: ${resourceArn}`);
  if (!isOwnGroupArn(context, resourceArn)) throw groupNotFound();
  return groupNameOf(resourceArn);
}

async function addTags(
  context: Context,
  name: string,
  tags: Record<string, string>,
  tooMany: () => Error,
): Promise<void> {
  checkTagKeys(tags);
  await updateGroup(context, name, (group) => {
    Object.assign(group.tags, tags);
    if (Object.keys(group.tags).length > TAGS_MAX) throw tooMany();
  });
}

export const tagResource: Operation<'logs', 'TagResource'> = async (input, context) => {
  const name = taggedGroup(context, input.resourceArn);
  await addTags(context, name, input.tags, () => tooManyTags(input.resourceArn));
  return {};
};
export const untagResource: Operation<'logs', 'UntagResource'> = async (input, context) => {
  await updateGroup(context, taggedGroup(context, input.resourceArn), (group) =>
    input.tagKeys.forEach((key) => delete group.tags[key]),
  );
  return {};
};
export const listTagsForResource: Operation<'logs', 'ListTagsForResource'> = async (input, context) => ({
  tags: (await requireGroup(context, taggedGroup(context, input.resourceArn))).tags,
});
export const tagLogGroup: Operation<'logs', 'TagLogGroup'> = async (input, context) => {
  await addTags(context, input.logGroupName, input.tags, () =>
    invalidParameter(`A resource can have no more than ${TAGS_MAX} tags.`),
  );
  return {};
};
export const untagLogGroup: Operation<'logs', 'UntagLogGroup'> = async (input, context) => {
  await updateGroup(context, input.logGroupName, (group) => input.tags.forEach((key) => delete group.tags[key]));
  return {};
};
export const listTagsLogGroup: Operation<'logs', 'ListTagsLogGroup'> = async (input, context) => ({
  tags: (await requireGroup(context, input.logGroupName)).tags,
});
