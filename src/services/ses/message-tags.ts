// Names and values of message tags. They label events, which are not offered; AWS checks them all the same.
import { invalidParameterValue } from './errors.ts';

const LENGTH_MAX = 255;
/** tags that SES itself reads */
const FEEDBACK_ID = /^ses:feedback-id-[ab]$/;

export interface MessageTag {
  Name?: string | undefined;
  Value?: string | undefined;
}

export function checkMessageTags(tags: readonly MessageTag[] | undefined): void {
  const seen = new Set<string>();
  for (const { Name = '', Value = '' } of tags ?? []) {
    if (Name === '') throw invalidParameterValue('The tag name must be specified.');
    if (Value === '') throw invalidParameterValue('The tag value must be specified.');
    if (Name.length > LENGTH_MAX) {
      throw invalidParameterValue(`Tag name cannot exceed ${LENGTH_MAX} characters.`);
    }
    if (Value.length > LENGTH_MAX) {
      throw invalidParameterValue(`Tag value cannot exceed ${LENGTH_MAX} characters.`);
    }
    if (!/^[\w-]+$/.test(Name) && !FEEDBACK_ID.test(Name)) {
      throw invalidParameterValue(
        `Invalid tag name <${Name}>: only alphanumeric ASCII characters, '_',  '-' are allowed.`,
      );
    }
    if (!/^[\w.@-]+$/.test(Value)) {
      throw invalidParameterValue(
        `Invalid tag value <${Value}>: only alphanumeric ASCII characters, '_',  '-' , '.', '@' are allowed.`,
      );
    }
    if (seen.has(Name)) throw invalidParameterValue(`Duplicate tag name <${Name}>.`);
    seen.add(Name);
  }
}
