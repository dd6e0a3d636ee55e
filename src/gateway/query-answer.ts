import { parseXml, type XmlElement } from '#protocol/xml-parser.ts';

/**
 * The JSON form that services of the query protocol have for `Accept: application/json`:
 * `{"SendMessageResponse": {"SendMessageResult": {…}, "ResponseMetadata": {"RequestId": …}}}`; errors without their root.
 * Undefined when the text is no XML.
 */
export function queryAnswerAsJson(body: Buffer): string | undefined {
  let root: XmlElement;
  try {
    root = parseXml(body);
  } catch {
    return undefined;
  }
  const value = valueOf(root);
  return JSON.stringify(root.name === 'ErrorResponse' ? value : { [root.name]: value });
}

const LIST_ITEMS = new Set(['member', 'entry']);

function valueOf(element: XmlElement): unknown {
  const { children } = element;
  if (children.length === 0) return element.text === '' ? null : element.text;
  if (children.every(({ name }) => LIST_ITEMS.has(name))) return children.map(valueOf);
  const grouped = new Map<string, unknown[]>();
  for (const child of children) {
    const values = grouped.get(child.name);
    if (values) values.push(valueOf(child));
    else grouped.set(child.name, [valueOf(child)]);
  }
  return Object.fromEntries([...grouped].map(([name, values]) => [name, values.length > 1 ? values : values[0]]));
}
