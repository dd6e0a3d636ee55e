export { SamError } from './errors.ts';
export type { SamErrorCause } from './errors.ts';
export { transformSam } from './transform.ts';
export type { TransformOptions } from './transform.ts';
export type { Json, JsonMap } from './json.ts';
