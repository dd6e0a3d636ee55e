import { loadModel, type Member, type ServiceSummary, type Shape, type StructureShape } from '#protocol/model.ts';
import { parseXml, type XmlElement } from '#protocol/xml-parser.ts';

/**
 * The JSON form that services of the query protocol have for `Accept: application/json`:
 * `{"SendMessageResponse": {"SendMessageResult": {…}, "ResponseMetadata": {"RequestId": …}}}`; errors without their root.
 * Every member of the result is there, null where it has no value, and a list is a list also when it has one item
 * (aws-samples/serverless-patterns, APIGateway-SQS-ReceiveMessages, read 2026-11-21). Undefined when the text is no XML.
 */
export function queryAnswerAsJson(body: Buffer, summary?: ServiceSummary): string | undefined {
  let root: XmlElement;
  try {
    root = parseXml(body);
  } catch {
    return undefined;
  }
  if (root.name === 'ErrorResponse') return JSON.stringify(untyped(root));
  const operation = summary && loadModel(summary.id).operations.get(root.name.replace(/Response$/, ''));
  const parts = root.children.map((part) => {
    const output = part.name.endsWith('Result') ? operation?.output : undefined;
    return [part.name, output?.kind === 'structure' ? structure(part, output) : untyped(part)];
  });
  return JSON.stringify({ [root.name]: Object.fromEntries(parts) });
}

/** What SQS calls its lists in this form, where the XML and today's model say otherwise. */
const JSON_NAMES: Readonly<Record<string, string>> = { Messages: 'messages', QueueUrls: 'queueUrls' };

function structure(element: XmlElement, shape: StructureShape): Record<string, unknown> {
  const members = shape.members.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(
    members.map((member) => [JSON_NAMES[member.name] ?? member.name, memberValue(element, member)]),
  );
}

function memberValue(element: XmlElement, { name, shape, traits }: Member): unknown {
  const found = element.children.filter((child) => child.name === (traits.xmlName ?? name));
  if (found.length === 0) return null;
  if (shape.kind !== 'list' && shape.kind !== 'map') return valueOf(found[0]!, shape);
  const items = traits.xmlFlattened ? found : found[0]!.children;
  return shape.kind === 'list' ? items.map((item) => valueOf(item, shape.member.shape)) : items.map(untyped);
}

function valueOf(element: XmlElement, shape: Shape): unknown {
  if (shape.kind === 'structure') return structure(element, shape);
  if (shape.kind === 'boolean') return element.text === 'true';
  if (['integer', 'long', 'float', 'double', 'number'].includes(shape.kind)) return Number(element.text);
  return shape.kind === 'list' || shape.kind === 'map' ? untyped(element) : element.text;
}

const LIST_ITEMS = new Set(['member', 'entry']);

function untyped(element: XmlElement): unknown {
  const { children } = element;
  if (children.length === 0) return element.text === '' ? null : element.text;
  if (children.every(({ name }) => LIST_ITEMS.has(name))) return children.map(untyped);
  const grouped = new Map<string, unknown[]>();
  for (const child of children) {
    const values = grouped.get(child.name);
    if (values) values.push(untyped(child));
    else grouped.set(child.name, [untyped(child)]);
  }
  return Object.fromEntries([...grouped].map(([name, values]) => [name, values.length > 1 ? values : values[0]]));
}
