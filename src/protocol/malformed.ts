/** The bytes are not what the protocol or the model asks for. `codec.ts` turns it into the error that the service would answer. */
export class Malformed extends Error {
  /** syntax: not JSON, XML, CBOR or a form at all. type: well-formed, but not what the model says. */
  readonly what: 'syntax' | 'type';

  constructor(what: 'syntax' | 'type', message: string) {
    super(message);
    this.what = what;
  }
}

export function wrongType(message: string): never {
  throw new Malformed('type', message);
}
export function wrongSyntax(message: string): never {
  throw new Malformed('syntax', message);
}
