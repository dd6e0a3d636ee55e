// The routing modes of custom domains, in the words of REST APIs.
import type { DomainName } from '@aws-sdk/client-api-gateway';
import type { RoutingMode } from '#gateway/index.ts';
import { badRequest } from './errors.ts';

const MODES: Record<RoutingMode, NonNullable<DomainName['routingMode']>> = {
  API_MAPPING_ONLY: 'BASE_PATH_MAPPING_ONLY',
  ROUTING_RULE_ONLY: 'ROUTING_RULE_ONLY',
  ROUTING_RULE_THEN_API_MAPPING: 'ROUTING_RULE_THEN_BASE_PATH_MAPPING',
};

export const describeRoutingMode = (mode: RoutingMode): NonNullable<DomainName['routingMode']> => MODES[mode];

export function routingModeOf(given: string): RoutingMode {
  const found = (Object.keys(MODES) as RoutingMode[]).find((mode) => MODES[mode] === given);
  if (!found) {
    throw badRequest(`Invalid routing mode specified. Must be one of: [${Object.values(MODES).join(', ')}]`);
  }
  return found;
}
