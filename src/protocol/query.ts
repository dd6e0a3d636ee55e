// Requests of awsQuery and ec2Query: a form whose names are paths (`Tags.member.1.Key=a`).
import { compiler, setOwn } from './compile.ts';
import { Malformed, wrongSyntax, wrongType } from './malformed.ts';
import type { ListShape, MapShape, Member, Shape, StructureShape } from './model.ts';
import { scalarReader } from './scalars.ts';

export interface FormNode {
  value?: string;
  children?: Map<string, FormNode>;
}

const PAIRS_MAX = 50_000;
const DEPTH_MAX = 64;

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return wrongSyntax('The request contains an invalid percent encoding');
  }
}

/** name=value pairs in order. */
export function parsePairs(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    pairs.push(equals < 0 ? [decode(pair), ''] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))]);
    if (pairs.length > PAIRS_MAX) wrongSyntax(`More than ${PAIRS_MAX} parameters`);
  }
  return pairs;
}

export function formTree(pairs: readonly [string, string][]): FormNode {
  const root: FormNode = {};
  for (const [name, value] of pairs) {
    const parts = name.split('.');
    if (parts.length > DEPTH_MAX) wrongSyntax(`Parameter ${name.slice(0, 64)}… is nested too deeply`);
    let node = root;
    for (const part of parts) {
      node.children ??= new Map();
      let child = node.children.get(part);
      if (!child) node.children.set(part, (child = {}));
      node = child;
    }
    node.value = value;
  }
  return root;
}

type Reader = (node: FormNode) => unknown;

const INDEX = /^\d{1,9}$/;

/** Children under numbers, in the order of the numbers (which may have gaps). */
function numbered(node: FormNode | undefined): FormNode[] {
  const found: [number, FormNode][] = [];
  for (const [key, child] of node?.children ?? []) if (INDEX.test(key)) found.push([Number(key), child]);
  return found.sort((a, b) => a[0] - b[0]).map(([, child]) => child);
}

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

function wireName(member: Member, ec2: boolean): string {
  if (!ec2) return member.traits.xmlName ?? member.name;
  return member.traits.ec2QueryName ?? capitalized(member.traits.xmlName ?? member.name);
}

function structureReader(shape: StructureShape, ec2: boolean, readerOf: (shape: Shape) => Reader): Reader {
  const members = shape.members.map((member) => ({
    name: member.name,
    wire: wireName(member, ec2),
    read:
      member.traits.xmlFlattened && member.shape.kind === 'list'
        ? flatReader(member.shape, readerOf)
        : readerOf(member.shape),
  }));
  return (node) => {
    if (node.value !== undefined && node.value !== '') wrongType('Unexpected complex element termination');
    const out: Record<string, unknown> = {};
    if (!node.children) return out;
    for (const { name, wire, read } of members) {
      const child = node.children.get(wire);
      if (child) out[name] = read(child);
    }
    return out;
  };
}

/** `Foo.member.1`, flattened `Foo.1`, or with the item's own name `Foo.Item.1`; `Foo=` is the empty list. */
function listReader(shape: ListShape, readerOf: (shape: Shape) => Reader): Reader {
  const read = readerOf(shape.member.shape);
  const itemName = shape.member.traits.xmlName ?? 'member';
  return (node) => {
    if (!node.children) return node.value ? wrongType('Unexpected list element termination') : [];
    const flat = numbered(node);
    const nested = node.children.get(itemName) ?? node.children.get('member');
    const items = flat.length > 0 ? flat : numbered(nested);
    if (items.length === 0 && !(nested && !nested.children))
      wrongType('Start of structure or map found where not expected.');
    return items.map(read);
  };
}

/** SQS takes a list of one without its number too: `AttributeName=All` (the examples of its API reference). */
function flatReader(shape: ListShape, readerOf: (shape: Shape) => Reader): Reader {
  const list = listReader(shape, readerOf);
  const item = readerOf(shape.member.shape);
  return (node) => (node.children || !node.value ? list(node) : [item(node)]);
}

/** `Foo.entry.1.key` and `.value`, or flattened `Foo.1.Name` and `.Value`. */
function mapReader(shape: MapShape, readerOf: (shape: Shape) => Reader): Reader {
  const read = readerOf(shape.value.shape);
  const keyName = shape.key.traits.xmlName ?? 'key';
  const valueName = shape.value.traits.xmlName ?? 'value';
  return (node) => {
    const out: Record<string, unknown> = {};
    if (!node.children) return node.value ? wrongType('Unexpected map element termination') : out;
    const flat = numbered(node);
    for (const entry of flat.length > 0 ? flat : numbered(node.children.get('entry'))) {
      const key = entry.children?.get(keyName)?.value;
      const value = entry.children?.get(valueName);
      if (key === undefined) wrongType('Unexpected map element termination');
      if (value) setOwn(out, key, read(value));
    }
    return out;
  };
}

function readerCompiler(ec2: boolean): (shape: Shape) => Reader {
  const readerOf: (shape: Shape) => Reader = compiler<Shape, Reader>((shape) => {
    if (shape.kind === 'structure') return structureReader(shape, ec2, readerOf);
    if (shape.kind === 'list') return listReader(shape, readerOf);
    if (shape.kind === 'map') return mapReader(shape, readerOf);
    const read = scalarReader(shape, 'date-time');
    return (node) => {
      if (node.children) {
        const list = numbered(node).length > 0 || node.children.has('member');
        wrongType(
          list ? 'Start of list found where not expected' : 'Start of structure or map found where not expected.',
        );
      }
      return read(node.value ?? '');
    };
  });
  return readerOf;
}

const awsQueryReader = readerCompiler(false);
const ec2QueryReader = readerCompiler(true);

export function readForm(shape: Shape, form: FormNode, ec2: boolean): unknown {
  try {
    return (ec2 ? ec2QueryReader : awsQueryReader)(shape)(form);
  } catch (error) {
    if (error instanceof RangeError) throw new Malformed('syntax', 'Nested too deeply');
    throw error;
  }
}
