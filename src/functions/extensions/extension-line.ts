import type { Extension } from './extension.ts';

/** An extension as Lambda logs it at the end of the initialisation. */
export function extensionLine({ name, state, events, errorType }: Extension): string {
  const error = errorType === undefined ? '' : `\tError Type: ${errorType}`;
  return `EXTENSION\tName: ${name}\tState: ${state}\tEvents: [${events.join(', ')}]${error}`;
}
