// The API types of every service, from the official client packages: types only, nothing of them is loaded at run time.
import type { Command } from '@smithy/types';

export interface ServiceTypes {
  apigateway: typeof import('@aws-sdk/client-api-gateway');
  apigatewayv2: typeof import('@aws-sdk/client-apigatewayv2');
  cloudformation: typeof import('@aws-sdk/client-cloudformation');
  iam: typeof import('@aws-sdk/client-iam');
  lambda: typeof import('@aws-sdk/client-lambda');
  logs: typeof import('@aws-sdk/client-cloudwatch-logs');
  s3: typeof import('@aws-sdk/client-s3');
  ses: typeof import('@aws-sdk/client-ses');
  sesv2: typeof import('@aws-sdk/client-sesv2');
  sqs: typeof import('@aws-sdk/client-sqs');
  sts: typeof import('@aws-sdk/client-sts');
}
export type ServiceId = keyof ServiceTypes;

/** The operation names of a service: its client's `…Command` exports. */
export type OperationName<S extends ServiceId> = {
  [K in keyof ServiceTypes[S]]: K extends `${infer N}Command` ? N : never;
}[keyof ServiceTypes[S]] &
  string;

/** Required members lose `| undefined`: the wire layer has checked them. Streams and Dates stay as they are. */
type Parsed<T> = T extends Date | Uint8Array | ((...args: never[]) => unknown)
  ? T
  : T extends readonly (infer E)[]
    ? Parsed<E>[]
    : T extends object
      ? { [K in keyof T]: {} extends Pick<T, K> ? Parsed<T[K]> : Parsed<Exclude<T[K], undefined>> }
      : T;

export type Input<S extends ServiceId, O extends string> = `${O}Command` extends keyof ServiceTypes[S]
  ? ServiceTypes[S][`${O}Command`] extends new (...args: any[]) => { readonly input: infer I }
    ? Parsed<I>
    : never
  : never;

export type Output<S extends ServiceId, O extends string> = `${O}Command` extends keyof ServiceTypes[S]
  ? ServiceTypes[S][`${O}Command`] extends new (...args: any[]) => Command<any, any, any, infer R extends object, any>
    ? Omit<R, '$metadata'>
    : never
  : never;
