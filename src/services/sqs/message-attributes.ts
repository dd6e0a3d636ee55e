// Message attributes: what they may be, and the digest that SDKs compare.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
import { createHash } from 'node:crypto';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { invalidContents, invalidParameter, invalidValue } from './errors.ts';
import type { StoredAttribute } from './records.ts';

const ATTRIBUTES_MAX = 10;
const NAME = /^[A-Za-z0-9_.-]{1,256}$/;
const TYPE = /^(String|Number|Binary)(\..+)?$/s;
const TYPE_CHARACTERS_MAX = 256;
/** Not in XML 1.0: what SQS takes in no text */
// eslint-disable-next-line no-control-regex
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

export type Attributes = Record<string, StoredAttribute>;

export function checkText(text: string): void {
  if (FORBIDDEN.test(text)) throw invalidContents();
}

/** As they are kept; undefined when there are none. */
export function readAttributes(given: Record<string, MessageAttributeValue> | undefined): Attributes | undefined {
  const entries = Object.entries(given ?? {});
  if (entries.length === 0) return undefined;
  if (entries.length > ATTRIBUTES_MAX) {
    throw invalidParameter(
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [${ATTRIBUTES_MAX}].`,
    );
  }
  return Object.fromEntries(entries.map(([name, value]) => [name, readAttribute(name, value)]));
}

function readAttribute(name: string, value: MessageAttributeValue): StoredAttribute {
  checkName(name);
  const { DataType: type = '', StringValue: text, BinaryValue: bytes } = value;
  if (type === '')
    throw invalidParameter(`The message attribute '${name}' must contain a non-empty message attribute type.`);
  const [, kind] = TYPE.exec(type) ?? [];
  if (kind === undefined || type.length > TYPE_CHARACTERS_MAX) {
    throw invalidParameter(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  if (value.StringListValues?.length || value.BinaryListValues?.length) {
    throw invalidParameter('Message attribute list values in SendMessage operation are not supported.');
  }
  if (kind === 'Binary') {
    if (!bytes || bytes.length === 0) throw emptyValue(name, type);
    return { type, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64') };
  }
  if (!text) throw emptyValue(name, type);
  checkText(text);
  if (kind === 'Number') checkNumber(name, text);
  return { type, text };
}

function checkName(name: string): void {
  const wrong = (reason: string): Error => invalidParameter(reason);
  if (name.length > 256) throw wrong(`Message (user) attribute name must be shorter than 256 Bytes`);
  if (!NAME.test(name)) {
    throw wrong(
      'Invalid attribute name. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters.',
    );
  }
  if (/^(aws|amazon)\./i.test(name))
    throw wrong(`You can't use message attribute names beginning with any casing of 'AWS.' or 'Amazon.'.`);
  if (name.startsWith('.') || name.endsWith('.') || name.includes('..')) {
    throw wrong(
      'You can not use message attribute names beginning or ending with a period, or with successive periods.',
    );
  }
}

const emptyValue = (name: string, type: string): Error =>
  invalidParameter(
    `The message attribute '${name}' must contain a non-empty message attribute value for message attribute type '${type.split('.')[0]}'.`,
  );

/** Up to 38 digits of precision, from -10^128 to 10^126. */
function checkNumber(name: string, text: string): void {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text.trim())) {
    throw invalidParameter(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
  const number = Number(text);
  if (number < -1e128 || number > 1e126) {
    throw invalidValue(text, name, 'Number attribute value must be between -10^128 and 10^126.');
  }
}

export const attributesBytes = (attributes: Attributes | undefined): number =>
  Object.entries(attributes ?? {}).reduce(
    (sum, [name, { type, text, bytes }]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(type) +
      (bytes === undefined ? Buffer.byteLength(text ?? '') : Buffer.byteLength(bytes, 'base64')),
    0,
  );

export const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** "Calculating the MD5 message digest for message attributes" (developer guide). */
export function attributesMd5(attributes: Attributes): string {
  const hash = createHash('md5');
  const add = (bytes: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of Object.keys(attributes).sort()) {
    const { type = '', text, bytes } = attributes[name] ?? {};
    add(Buffer.from(name));
    add(Buffer.from(type));
    hash.update(Buffer.from([bytes === undefined ? 1 : 2]));
    add(bytes === undefined ? Buffer.from(text ?? '') : Buffer.from(bytes, 'base64'));
  }
  return hash.digest('hex');
}

/** `All`, `.*`, exact names and `prefix.*`. */
export function selectAttributes(attributes: Attributes | undefined, names: readonly string[]): Attributes | undefined {
  if (!attributes || names.length === 0) return undefined;
  const isWanted = (name: string): boolean =>
    names.some((each) =>
      each === 'All' || each === '.*' ? true : each.endsWith('.*') ? name.startsWith(each.slice(0, -2)) : name === each,
    );
  const found = Object.entries(attributes).filter(([name]) => isWanted(name));
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

export const toWire = (attributes: Attributes): Record<string, MessageAttributeValue> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { type, text, bytes }]) => [
      name,
      bytes === undefined
        ? { StringValue: text ?? '', DataType: type }
        : { BinaryValue: Buffer.from(bytes, 'base64'), DataType: type },
    ]),
  );
