// Properties, indexes, methods and loops over values, as Velocity's introspection finds them on Java's classes. What a
// class does not have is null; a call that throws in Java ends the template.
import { booleanMethods } from './methods/boolean.ts';
import { listMethods } from './methods/list.ts';
import { mapMethods, MapEntry } from './methods/map.ts';
import { numberMethods } from './methods/number.ts';
import { stringMethods } from './methods/string.ts';
import type { RenderState } from './state.ts';
import { HostObject, isNumber, TemplateError, toText, type Value, type ValueMap } from './values.ts';

export type Method<T> = (self: T, args: Value[], state: RenderState) => Value;
export type Methods<T> = Readonly<Record<string, Method<T>>>;

export function getProperty(object: Value, name: string): Value {
  if (object instanceof Map) return object.get(name) ?? null;
  if (object instanceof HostObject) return object.get(name);
  // JavaBean properties: getX() or isX() of the class.
  if (Array.isArray(object)) return name === 'empty' ? object.length === 0 : name === 'length' ? object.length : null;
  if (typeof object === 'string') return name === 'empty' ? object === '' : null;
  return null;
}

export function setProperty(object: Value, name: string, value: Value): void {
  if (object instanceof Map) object.set(name, value);
  else if (object instanceof HostObject) object.set(name, value);
}

/** `$list[-1]` counts from the end, as in Velocity 1.7. */
export function getIndex(object: Value, index: Value): Value {
  if (object instanceof Map) return object.get(index) ?? null;
  if (Array.isArray(object)) {
    if (typeof index !== 'number') return null;
    const at = index < 0 ? object.length + index : index;
    if (at < 0 || at >= object.length) throw new TemplateError(`index ${index} is out of bounds`);
    return object[at]!;
  }
  if (object instanceof HostObject) return object.get(toText(index));
  return null;
}

export function setIndex(object: Value, index: Value, value: Value): void {
  if (object instanceof Map) object.set(index, value);
  else if (object instanceof HostObject) object.set(toText(index), value);
  else if (Array.isArray(object) && typeof index === 'number') {
    const at = index < 0 ? object.length + index : index;
    if (at < 0 || at >= object.length) throw new TemplateError(`index ${index} is out of bounds`);
    object[at] = value;
  }
}

export function callMethod(object: Value, name: string, args: Value[], state: RenderState): Value {
  if (object instanceof HostObject) {
    const text = args[0];
    if (typeof text !== 'string') return object.call(name, args);
    state.spend(1 + text.length);
    const result = object.call(name, args);
    // escapes are written one by one
    if (typeof result === 'string' && result.length > text.length) state.spend((result.length - text.length) * 4);
    return result;
  }
  if (typeof object === 'string') return call(stringMethods, object, name, args, state);
  if (object instanceof Map) return call(mapMethods, object, name, args, state);
  if (Array.isArray(object)) return call(listMethods, object, name, args, state);
  if (isNumber(object)) return call(numberMethods, object, name, args, state);
  if (typeof object === 'boolean') return call(booleanMethods, object, name, args, state);
  return null;
}

function call<T>(methods: Methods<T>, self: T, name: string, args: Value[], state: RenderState): Value {
  return Object.hasOwn(methods, name) ? methods[name]!(self, args, state) : null;
}

/** What #foreach can walk: lists, the values of a map, and what implements Iterable. */
export function toIterable(value: Value): readonly Value[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...(value as ValueMap).values()];
  if (value instanceof HostObject && !(value instanceof MapEntry)) {
    const items = value.call('toArray', []);
    return Array.isArray(items) ? items : undefined;
  }
  return undefined;
}
