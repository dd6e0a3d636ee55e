// What the request path does not do yet. The control plane refuses it, so that nothing is stored and ignored; a line goes
// away here when src/gateway/rest learns it.
import { notOffered } from './errors.ts';

const MISSING = {
  privateEndpoints: 'private endpoints',
  vpcLinks: 'VPC links',
} as const;

export function refuseMissing(feature: keyof typeof MISSING): void {
  throw notOffered(MISSING[feature]);
}
