// Shapes from and to CBOR values (rpcv2Cbor). Members by their own names.
import { compiler, setOwn } from './compile.ts';
import { decodeCbor, encodeCbor, type CborOptions } from './cbor.ts';
import { wrongType } from './malformed.ts';
import type { Shape } from './model.ts';
import { numberName, parseEpochSeconds } from './scalars.ts';

type Converter = (value: any) => unknown;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array) &&
  !(value instanceof Date);

function mapOf(value: unknown): Record<string, unknown> {
  return isMap(value) ? value : wrongType('Unexpected field type');
}

function numberReader(kind: 'integer' | 'long' | 'float' | 'double' | 'number'): Converter {
  const whole = kind === 'integer' || kind === 'long';
  return (value) => {
    if (typeof value === 'bigint') return Number(value);
    if (typeof value !== 'number') return wrongType(`Value can not be converted to ${numberName(kind)}`);
    return whole ? Math.trunc(value) : value;
  };
}

const readerOf: (shape: Shape) => Converter = compiler<Shape, Converter>((shape) => {
  switch (shape.kind) {
    case 'string':
      return (value) => (typeof value === 'string' ? value : wrongType('Value can not be converted to a String'));
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : wrongType('Value can not be converted to a Boolean'));
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
    case 'number':
      return numberReader(shape.kind);
    case 'blob':
    case 'stream':
      return (value) => (value instanceof Uint8Array ? value : wrongType('Value can not be converted to a Blob'));
    case 'timestamp':
      return (value) => {
        if (value instanceof Date) return value;
        return typeof value === 'number'
          ? parseEpochSeconds(value)
          : wrongType('Value can not be converted to milliseconds since epoch');
      };
    case 'list': {
      const read = readerOf(shape.member.shape);
      return (value) => {
        if (!Array.isArray(value)) return wrongType('Expected list or null');
        return value.map((item) => (item === null ? wrongType('Unexpected null value in list') : read(item)));
      };
    }
    case 'map': {
      const read = readerOf(shape.value.shape);
      return (value) => {
        const out: Record<string, unknown> = {};
        for (const [key, inner] of Object.entries(mapOf(value))) if (inner !== null) setOwn(out, key, read(inner));
        return out;
      };
    }
    case 'structure': {
      const members = new Map(shape.members.map((member) => [member.name, readerOf(member.shape)]));
      return (value) => {
        const out: Record<string, unknown> = {};
        for (const [key, inner] of Object.entries(mapOf(value))) {
          const read = members.get(key);
          if (read && inner !== null) out[key] = read(inner);
        }
        return out;
      };
    }
    default:
      return (value) => value;
  }
});

const writerOf: (shape: Shape) => Converter = compiler<Shape, Converter>((shape) => {
  switch (shape.kind) {
    case 'blob':
    case 'stream':
      return (value) => (typeof value === 'string' ? Buffer.from(value) : value);
    case 'list': {
      const write = writerOf(shape.member.shape);
      return (value: unknown[]) => value.map((item) => (item === undefined || item === null ? null : write(item)));
    }
    case 'map': {
      const write = writerOf(shape.value.shape);
      return (value) => {
        const out: Record<string, unknown> = {};
        for (const [key, inner] of Object.entries(value)) {
          if (inner !== undefined) setOwn(out, key, inner === null ? null : write(inner));
        }
        return out;
      };
    }
    case 'structure': {
      const members = new Map(shape.members.map((member) => [member.name, writerOf(member.shape)]));
      return (value) => {
        const out: Record<string, unknown> = {};
        for (const key in value) {
          const inner = value[key];
          if (inner === undefined || inner === null) continue;
          const write = members.get(key);
          if (write) out[key] = write(inner);
        }
        return out;
      };
    }
    default:
      return (value) => value;
  }
});

export function readCbor(shape: Shape, body: Uint8Array, options: CborOptions = {}): unknown {
  return readerOf(shape)(decodeCbor(body, options));
}

export function writeCbor(shape: Shape, value: unknown, options: CborOptions = {}): Buffer {
  return encodeCbor(writerOf(shape)(value), options);
}

/** For errors, whose body is the shape's members beside `__type`. */
export function toCborValue(shape: Shape, value: unknown): Record<string, unknown> {
  return writerOf(shape)(value) as Record<string, unknown>;
}
