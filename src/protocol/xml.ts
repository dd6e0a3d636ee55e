// Shapes from and to XML: restXml bodies both ways, and the answers of the query protocols.
import { compiler, setOwn } from './compile.ts';
import { wrongType } from './malformed.ts';
import type { ListShape, MapShape, Member, Shape, StructureShape } from './model.ts';
import { scalarReader, scalarWriter, type ScalarShape } from './scalars.ts';
import type { XmlElement } from './xml-parser.ts';
import { inWrittenOrder } from './s3-member-order.ts';

const isScalar = (shape: Shape): shape is ScalarShape =>
  shape.kind !== 'list' && shape.kind !== 'map' && shape.kind !== 'structure';

const tagOf = (member: Member, fallback: string): string => member.traits.xmlName ?? fallback;

// ---- reading

type ElementReader = (element: XmlElement) => unknown;

const childrenNamed = (element: XmlElement, name: string): XmlElement[] =>
  element.children.filter((child) => child.name === name);

function scalarElementReader(shape: ScalarShape): ElementReader {
  const read = scalarReader(shape, 'date-time');
  return (element) => {
    if (element.children.length > 0) wrongType('Start of structure or map found where not expected.');
    return read(element.text);
  };
}

/** The items of a list: children of its element, or, flattened, the repeated elements themselves. */
function listItemsReader(shape: ListShape): (items: readonly XmlElement[]) => unknown[] {
  const read = xmlReader(shape.member.shape);
  return (items) => items.map(read);
}

function mapEntriesReader(shape: MapShape): (entries: readonly XmlElement[]) => Record<string, unknown> {
  const keyTag = tagOf(shape.key, 'key');
  const valueTag = tagOf(shape.value, 'value');
  const read = xmlReader(shape.value.shape);
  return (entries) => {
    const out: Record<string, unknown> = {};
    for (const entry of entries) {
      const key = childrenNamed(entry, keyTag)[0];
      const value = childrenNamed(entry, valueTag)[0];
      if (!key || !value) wrongType('Unexpected complex element termination');
      setOwn(out, key.text, read(value));
    }
    return out;
  };
}

interface MemberReader {
  name: string;
  /** gets every element of that name */
  read: (elements: readonly XmlElement[]) => unknown;
}

function memberReader(member: Member): MemberReader {
  const { name, shape, traits } = member;
  if (traits.xmlFlattened && shape.kind === 'list') return { name, read: listItemsReader(shape) };
  if (traits.xmlFlattened && shape.kind === 'map') return { name, read: mapEntriesReader(shape) };
  const read = xmlReader(shape);
  return { name, read: (elements) => read(elements.at(-1)!) };
}

function structureReader(shape: StructureShape): ElementReader {
  const byTag = new Map<string, MemberReader>();
  const attributes: { name: string; attribute: string; read: (text: string) => unknown }[] = [];
  for (const member of shape.members) {
    const tag = tagOf(member, member.name);
    if (!member.traits.xmlAttribute) byTag.set(tag, memberReader(member));
    else if (isScalar(member.shape)) {
      attributes.push({ name: member.name, attribute: tag, read: scalarReader(member.shape, 'date-time') });
    }
  }
  return (element) => {
    const out: Record<string, unknown> = {};
    for (const { name, attribute, read } of attributes) {
      const text = findAttribute(element, attribute);
      if (text !== undefined) out[name] = read(text);
    }
    const groups = new Map<MemberReader, XmlElement[]>();
    for (const child of element.children) {
      const known = byTag.get(child.name);
      if (!known) continue;
      const group = groups.get(known);
      if (group) group.push(child);
      else groups.set(known, [child]);
    }
    for (const [known, elements] of groups) out[known.name] = known.read(elements);
    return out;
  };
}

/** By its full name, else by local name: the prefix is the sender's choice (`xsi:type`). */
function findAttribute(element: XmlElement, name: string): string | undefined {
  if (Object.hasOwn(element.attributes, name)) return element.attributes[name];
  const local = name.slice(name.indexOf(':') + 1);
  return Object.entries(element.attributes).find(([key]) => key.slice(key.indexOf(':') + 1) === local)?.[1];
}

export const xmlReader: (shape: Shape) => ElementReader = compiler<Shape, ElementReader>((shape) => {
  if (shape.kind === 'structure') return structureReader(shape);
  if (shape.kind === 'list') {
    const tag = tagOf(shape.member, 'member');
    const read = listItemsReader(shape);
    return (element) => {
      if (element.children.length === 0 && element.text.trim() !== '') wrongType('Unexpected list element termination');
      return read(childrenNamed(element, tag));
    };
  }
  if (shape.kind === 'map') {
    const read = mapEntriesReader(shape);
    return (element) => read(childrenNamed(element, 'entry'));
  }
  return scalarElementReader(shape);
});

// ---- writing

type XmlWriter = (value: any) => string;

const SPECIAL = /[&<>"\0-\x08\x0b-\x1f\ufffe\uffff]/;
const SPECIALS = new RegExp(SPECIAL, 'g');
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Control characters go out by number, as S3 lists keys that contain them. */
export function escapeXml(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replace(SPECIALS, (char) => ESCAPES[char] ?? `&#x${char.charCodeAt(0).toString(16)};`);
}

function xmlnsOf(member: Member): string {
  const namespace = member.traits.xmlNamespace;
  if (!namespace) return '';
  const [prefix, uri] = namespace;
  return ` xmlns${prefix ? `:${prefix}` : ''}="${escapeXml(uri)}"`;
}

/** The whole element of one member, tag and all. */
function elementWriter(member: Member, tag: string): XmlWriter {
  const { shape } = member;
  const xmlns = xmlnsOf(member);
  if (shape.kind === 'list') {
    if (member.traits.xmlFlattened) {
      const item = elementWriter(shape.member, tag);
      return (values: unknown[]) => joinItems(values, item);
    }
    const item = elementWriter(shape.member, tagOf(shape.member, 'member'));
    return (values: unknown[]) => `<${tag}${xmlns}>${joinItems(values, item)}</${tag}>`;
  }
  if (shape.kind === 'map') {
    const entries = entriesWriter(shape, member.traits.xmlFlattened ? tag : 'entry');
    return member.traits.xmlFlattened ? entries : (value) => `<${tag}${xmlns}>${entries(value)}</${tag}>`;
  }
  if (shape.kind === 'structure') {
    const content = xmlWriter(shape);
    const attributes = attributesWriter(shape);
    return (value) => `<${tag}${xmlns}${attributes(value)}>${content(value)}</${tag}>`;
  }
  const content = xmlWriter(shape);
  return (value) => `<${tag}${xmlns}>${content(value)}</${tag}>`;
}

function joinItems(values: readonly unknown[], item: XmlWriter): string {
  let out = '';
  for (const value of values) if (value !== undefined && value !== null) out += item(value);
  return out;
}

function entriesWriter(shape: MapShape, entryTag: string): XmlWriter {
  const keyTag = tagOf(shape.key, 'key');
  let value: XmlWriter | undefined; // late: maps may contain themselves
  return (map: Record<string, unknown>) => {
    value ??= elementWriter(shape.value, tagOf(shape.value, 'value'));
    let out = '';
    for (const [key, inner] of Object.entries(map)) {
      if (inner === undefined || inner === null) continue;
      out += `<${entryTag}><${keyTag}>${escapeXml(key)}</${keyTag}>${value(inner)}</${entryTag}>`;
    }
    return out;
  };
}

function attributesWriter(shape: StructureShape): XmlWriter {
  let attributes: { name: string; attribute: string }[] | undefined; // late: members may lead back here
  return (value) => {
    attributes ??= shape.members
      .filter((member) => member.traits.xmlAttribute)
      .map((member) => ({ name: member.name, attribute: tagOf(member, member.name) }));
    let out = '';
    for (const { name, attribute } of attributes) {
      if (value[name] !== undefined && value[name] !== null) out += ` ${attribute}="${escapeXml(String(value[name]))}"`;
    }
    return out;
  };
}

/** What stands inside an element of this shape; for structures, the members' elements. */
export const xmlWriter: (shape: Shape) => XmlWriter = compiler<Shape, XmlWriter>((shape) => {
  if (shape.kind === 'structure') {
    const members = inWrittenOrder(shape)
      .filter((member) => !member.traits.xmlAttribute)
      .map((member) => ({ name: member.name, write: elementWriter(member, tagOf(member, member.name)) }));
    return (value) => {
      let out = '';
      for (const { name, write } of members) {
        const inner = value[name];
        if (inner !== undefined && inner !== null) out += write(inner);
      }
      return out;
    };
  }
  if (shape.kind === 'list') {
    const item = elementWriter(shape.member, tagOf(shape.member, 'member'));
    return (values: unknown[]) => joinItems(values, item);
  }
  if (shape.kind === 'map') return entriesWriter(shape, 'entry');
  const write = scalarWriter(shape, 'date-time');
  return shape.kind === 'string' ? (value) => escapeXml(String(value)) : write;
});
