// What the request path does not do yet. The control plane refuses it, so that nothing is stored and ignored; a line goes
// away here when src/gateway/http learns it.
import { notOffered } from './errors.ts';

const MISSING = {
  functionParameterMapping: 'request parameter mapping of Lambda integrations',
  vpcLinks: 'VPC links',
} as const;

export function refuseMissing(feature: keyof typeof MISSING): void {
  throw notOffered(MISSING[feature]);
}
