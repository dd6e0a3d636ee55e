import type { PublishedRestIntegration } from '../../published-rest.ts';
import type { CompiledMethod } from '../compile.ts';
import { configurationError } from '../errors.ts';
import type { Integration } from '../integration.ts';
import { compileRequestMapping } from '../map-request.ts';
import { compileResponseMapping } from '../map-response.ts';

/** AWS reads the text leniently: `{statusCode:200}` is what half the world writes. */
const STATUS = /["']?statusCode["']?\s*:\s*["']?(\d{3})["']?\s*[,}]/;

/** The request template's `statusCode` chooses the integration response; there is no payload. */
export function compileMock(method: CompiledMethod, integration: PublishedRestIntegration): Integration {
  const mapRequest = compileRequestMapping(method, integration);
  const mapResponse = compileResponseMapping(method, integration);
  return async (exchange) => {
    const status = STATUS.exec(mapRequest(exchange).body.toString())?.[1];
    if (!status) {
      throw configurationError(
        'Unable to parse statusCode. It should be an integer that is defined in the request template.',
      );
    }
    exchange.integrationStatus = Number(status);
    return mapResponse(exchange, { status: Number(status), headers: [], body: '', selection: status });
  };
}
