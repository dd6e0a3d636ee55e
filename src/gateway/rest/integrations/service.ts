import type { PublishedRestIntegration } from '../../published-rest.ts';
import type { CompiledMethod } from '../compile.ts';
import { configurationError } from '../errors.ts';
import type { Integration } from '../integration.ts';

export function compileService(
  _method: CompiledMethod,
  _integration: PublishedRestIntegration,
  uri: string,
): Integration {
  return async () => {
    throw configurationError(`the service integration ${uri} is not built`);
  };
}
