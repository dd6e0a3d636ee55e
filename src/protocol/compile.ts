/**
 * Compiles a function per shape, once, at its first use. Shapes may contain themselves (DynamoDB's AttributeValue):
 * whoever meets a shape that is still being compiled gets a forwarder.
 */
export function compiler<S extends object, F extends (value: any) => unknown>(build: (shape: S) => F): (shape: S) => F {
  const done = new WeakMap<S, F>();
  return (shape) => {
    const known = done.get(shape);
    if (known) return known;
    let real: F | undefined;
    done.set(shape, ((value: unknown) => (real as F)(value)) as F);
    real = build(shape);
    done.set(shape, real);
    return real;
  };
}

/** Sets a key that came from outside: `__proto__` must become a plain property. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}
