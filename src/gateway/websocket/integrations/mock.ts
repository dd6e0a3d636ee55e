import type { AskBackend } from '../integration.ts';
import { configurationError } from '../refused.ts';

/** Read leniently, as for REST APIs: `{statusCode:200}` is good enough. */
const STATUS = /["']?statusCode["']?\s*:\s*["']?(\d{3})/;

/** The request template's statusCode chooses the integration response; there is no payload. */
export function compileMock(): AskBackend {
  return async (_exchange, body) => {
    const status = STATUS.exec(body.toString())?.[1];
    if (!status) throw configurationError('the request template gives no statusCode');
    return { status: Number(status), headers: [], body: '' };
  };
}
