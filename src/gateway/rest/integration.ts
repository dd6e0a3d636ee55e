import type { HttpResponse } from '#core/http.ts';
import type { PublishedRestIntegration } from '../published-rest.ts';
import type { CompiledMethod } from './compile.ts';
import { configurationError } from './errors.ts';
import type { RestExchange } from './exchange.ts';
import { compileHttp } from './integrations/http.ts';
import { compileHttpProxy } from './integrations/http-proxy.ts';
import { compileLambdaOrService } from './integrations/lambda.ts';
import { compileLambdaProxy } from './integrations/lambda-proxy.ts';
import { compileMock } from './integrations/mock.ts';

/** What a backend answered, before it is mapped. */
export interface IntegrationResponse {
  status: number;
  headers: [string, string][];
  body: Buffer | string;
  /** what selection patterns are compared with: the status, or the error message of a function */
  selection: string;
}

/** Asks the backend and makes the answer. Throws GatewayError. */
export type Integration = (exchange: RestExchange) => Promise<HttpResponse>;

const integrations: Record<
  PublishedRestIntegration['type'],
  (method: CompiledMethod, integration: PublishedRestIntegration) => Integration
> = {
  AWS: compileLambdaOrService,
  AWS_PROXY: compileLambdaProxy,
  HTTP: compileHttp,
  HTTP_PROXY: compileHttpProxy,
  MOCK: compileMock,
};

export function compileIntegration(method: CompiledMethod): Integration {
  const { methodIntegration } = method.published;
  if (!methodIntegration) {
    return async () => {
      throw configurationError('No integration defined for method');
    };
  }
  return integrations[methodIntegration.type](method, methodIntegration);
}
