// What both control planes say of a domain in the same way.
import type { Domain } from './record.ts';

/** Route 53's zones of API Gateway in us-east-1: aliases name them. */
const ZONES = { EDGE: 'Z2FDTNDATAQYW2', REGIONAL: 'Z1UJRXOUMOOFQ8' };

/** The name that DNS leads a domain to, and its zone. */
export const targetOf = ({ id, endpointType, region }: Domain): { name: string; zone: string } => ({
  name: `d-${id}.${endpointType === 'EDGE' ? 'cloudfront.net' : `execute-api.${region}.amazonaws.com`}`,
  zone: ZONES[endpointType],
});

export const arnOf = ({ accountId, region, domainName }: Domain): string =>
  `arn:aws:apigateway:${region}:${accountId}:/domainnames/${domainName}`;
