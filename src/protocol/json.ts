// awsJson and restJson bodies. Strict as AWS's services are: a wrong type is refused in their words.
import { compiler, setOwn } from './compile.ts';
import type { ListShape, MapShape, Member, NumberKind, Shape, StructureShape, TimestampShape } from './model.ts';
import { Malformed, wrongSyntax, wrongType } from './malformed.ts';
import {
  formatBase64,
  formatTimestamp,
  numberName,
  parseBase64,
  parseDateTime,
  parseEpochSeconds,
  parseTimestamp,
  toEpochSeconds,
} from './scalars.ts';

type Reader = (value: any) => unknown;
type Writer = (value: any) => unknown;

function refuse(value: unknown, wanted: string): never {
  if (Array.isArray(value)) return wrongType('Start of list found where not expected');
  if (typeof value === 'object') return wrongType('Start of structure or map found where not expected.');
  const token =
    { string: 'STRING_VALUE', number: 'NUMBER_VALUE' }[typeof value as string] ??
    (value ? 'TRUE_VALUE' : 'FALSE_VALUE');
  return wrongType(`${token} can not be converted to ${wanted}`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function expectObject(value: unknown): asserts value is Record<string, unknown> {
  if (isObject(value)) return;
  if (Array.isArray(value)) wrongType('Start of list found where not expected');
  wrongType('Unexpected field type');
}

function numberReader(kind: NumberKind): Reader {
  const whole = kind === 'integer' || kind === 'long';
  return (value) => {
    if (typeof value === 'number') return whole ? Math.trunc(value) : value;
    if (!whole && (value === 'NaN' || value === 'Infinity' || value === '-Infinity')) return Number(value);
    return refuse(value, numberName(kind));
  };
}

function timestampReader(shape: TimestampShape): Reader {
  const { format = 'epoch-seconds' } = shape;
  if (format === 'epoch-seconds') {
    return (value) =>
      typeof value === 'number' ? parseEpochSeconds(value) : refuse(value, 'milliseconds since epoch');
  }
  return (value) => {
    if (typeof value !== 'string') return refuse(value, 'a Timestamp');
    return format === 'date-time' ? parseDateTime(value) : parseTimestamp(value, format);
  };
}

function listReader(shape: ListShape, readerOf: (shape: Shape) => Reader): Reader {
  const read = readerOf(shape.member.shape);
  return (value) => {
    if (!Array.isArray(value)) return isObject(value) ? refuse(value, 'a List') : wrongType('Expected list or null');
    const out = Array.from<unknown>({ length: value.length });
    for (let i = 0; i < value.length; i++) {
      // no list of these services has holes: AWS refuses null here
      if (value[i] === null) wrongType('Unexpected null value in list');
      out[i] = read(value[i]);
    }
    return out;
  };
}

function mapReader(shape: MapShape, readerOf: (shape: Shape) => Reader): Reader {
  const read = readerOf(shape.value.shape);
  return (value) => {
    expectObject(value);
    const out: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      if (value[key] !== null) setOwn(out, key, read(value[key]));
    }
    return out;
  };
}

const wireName = (member: Member, jsonNames: boolean): string => (jsonNames && member.traits.jsonName) || member.name;

function structureReader(shape: StructureShape, jsonNames: boolean, readerOf: (shape: Shape) => Reader): Reader {
  const byName = new Map<string, { name: string; read: Reader }>();
  for (const member of shape.members) {
    byName.set(wireName(member, jsonNames), { name: member.name, read: readerOf(member.shape) });
  }
  return (value) => {
    expectObject(value);
    const out: Record<string, unknown> = {};
    for (const key in value) {
      const known = byName.get(key);
      if (known === undefined) continue;
      const inner = value[key];
      if (inner !== null) out[known.name] = known.read(inner);
    }
    return out;
  };
}

function readerCompiler(jsonNames: boolean): (shape: Shape) => Reader {
  const readerOf: (shape: Shape) => Reader = compiler<Shape, Reader>((shape) => {
    switch (shape.kind) {
      case 'string':
        return (value) => (typeof value === 'string' ? value : refuse(value, 'a String'));
      case 'boolean':
        return (value) => (typeof value === 'boolean' ? value : refuse(value, 'a Boolean'));
      case 'integer':
      case 'long':
      case 'float':
      case 'double':
      case 'number':
        return numberReader(shape.kind);
      case 'blob':
      case 'stream':
        return (value) => (typeof value === 'string' ? parseBase64(value) : refuse(value, 'a Blob'));
      case 'timestamp':
        return timestampReader(shape);
      case 'list':
        return listReader(shape, readerOf);
      case 'map':
        return mapReader(shape, readerOf);
      case 'structure':
        return structureReader(shape, jsonNames, readerOf);
      default:
        return (value) => value;
    }
  });
  return readerOf;
}

function structureWriter(shape: StructureShape, jsonNames: boolean, writerOf: (shape: Shape) => Writer): Writer {
  const byName = new Map<string, { wire: string; write: Writer }>();
  for (const member of shape.members) {
    byName.set(member.name, { wire: wireName(member, jsonNames), write: writerOf(member.shape) });
  }
  return (value) => {
    const out: Record<string, unknown> = {};
    for (const key in value) {
      const inner = value[key];
      if (inner === undefined || inner === null) continue;
      const known = byName.get(key);
      if (known !== undefined) out[known.wire] = known.write(inner);
    }
    return out;
  };
}

function mapWriter(shape: MapShape, writerOf: (shape: Shape) => Writer): Writer {
  const write = writerOf(shape.value.shape);
  return (value) => {
    const out: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const inner = value[key];
      if (inner !== undefined) setOwn(out, key, inner === null ? null : write(inner));
    }
    return out;
  };
}

function writerCompiler(jsonNames: boolean): (shape: Shape) => Writer {
  const writerOf: (shape: Shape) => Writer = compiler<Shape, Writer>((shape) => {
    switch (shape.kind) {
      case 'integer':
      case 'long':
      case 'float':
      case 'double':
      case 'number':
        return (value) => (Number.isFinite(value) ? value : String(value));
      case 'blob':
      case 'stream':
        return formatBase64;
      case 'timestamp': {
        const { format = 'epoch-seconds', precision } = shape;
        if (format === 'epoch-seconds') return (value: Date) => toEpochSeconds(value, precision);
        return (value: Date) => formatTimestamp(value, format, precision);
      }
      case 'list': {
        const write = writerOf(shape.member.shape);
        return (value: unknown[]) =>
          value.map((inner) => (inner === undefined || inner === null ? null : write(inner)));
      }
      case 'map':
        return mapWriter(shape, writerOf);
      case 'structure':
        return structureWriter(shape, jsonNames, writerOf);
      default:
        return (value) => value;
    }
  });
  return writerOf;
}

const readers = { member: readerCompiler(false), json: readerCompiler(true) };
const writers = { member: writerCompiler(false), json: writerCompiler(true) };

/** awsJson uses the members' names, restJson the names of the jsonName trait. */
export type JsonNames = 'member' | 'json';

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return wrongSyntax((error as Error).message);
  }
}

export function readJson(shape: Shape, body: Uint8Array, names: JsonNames): unknown {
  const value = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  try {
    return readers[names](shape)(value);
  } catch (error) {
    // a recursive shape in a body that is nested deeper than the stack
    if (error instanceof RangeError) throw new Malformed('syntax', 'Nested too deeply');
    throw error;
  }
}

/** The value in JSON's own types, ready for JSON.stringify. */
export function toJson(shape: Shape, value: unknown, names: JsonNames): unknown {
  return writers[names](shape)(value);
}

export function writeJson(shape: Shape, value: unknown, names: JsonNames): string {
  return JSON.stringify(toJson(shape, value, names));
}
