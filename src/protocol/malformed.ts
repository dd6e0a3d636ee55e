/** The bytes are not what the protocol or the model asks for. `codec.ts` turns it into the error that the service would answer. */
export class Malformed extends Error {
  /** syntax: not JSON, XML, CBOR or a form at all. type: well-formed, but not what the model says. */
  readonly what: 'syntax' | 'type';
  /** the query parameter that is not what its member asks for */
  readonly parameter: readonly [name: string, value: string] | undefined;

  constructor(what: 'syntax' | 'type', message: string, parameter?: readonly [name: string, value: string]) {
    super(message);
    this.what = what;
    this.parameter = parameter;
  }
}

export function wrongType(message: string): never {
  throw new Malformed('type', message);
}
export function wrongSyntax(message: string): never {
  throw new Malformed('syntax', message);
}
