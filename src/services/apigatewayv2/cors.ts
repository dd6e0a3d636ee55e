import type { Cors } from '@aws-sdk/client-apigatewayv2';
import { badRequest } from './errors.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html */
const MAX_AGE_SECONDS = { min: -1, max: 86_400 };
const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', '*']);
const ORIGIN = /^(\*|https?:\/\/\*|[a-z][a-z0-9+.-]*:\/\/[^\s/,]+)$/i;
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Checks, and leaves out what is not said. */
export function corsOf(given: Cors): Cors {
  const { AllowCredentials, AllowHeaders, AllowMethods, AllowOrigins, ExposeHeaders, MaxAge } = given;
  for (const origin of AllowOrigins ?? []) {
    if (!ORIGIN.test(origin)) {
      throw badRequest(`Invalid format for origin ${origin}. Origin should be * or a scheme and a host.`);
    }
  }
  for (const method of AllowMethods ?? []) {
    if (!METHODS.has(method.toUpperCase())) throw badRequest(`Invalid method ${method} specified for allowMethods`);
  }
  for (const name of [...(AllowHeaders ?? []), ...(ExposeHeaders ?? [])]) {
    if (!HEADER_NAME.test(name)) throw badRequest(`Invalid header name ${name} specified for CORS`);
  }
  // The Fetch standard forbids the pair, and so does API Gateway.
  if (AllowCredentials && AllowOrigins?.includes('*')) {
    throw badRequest("allowCredentials can't be true when allowOrigins contains *");
  }
  if (MaxAge !== undefined && (MaxAge < MAX_AGE_SECONDS.min || MaxAge > MAX_AGE_SECONDS.max)) {
    throw badRequest(`maxAge must be between ${MAX_AGE_SECONDS.min} and ${MAX_AGE_SECONDS.max}`);
  }
  return {
    ...(AllowCredentials !== undefined && { AllowCredentials }),
    ...(AllowHeaders && { AllowHeaders }),
    ...(AllowMethods && { AllowMethods }),
    ...(AllowOrigins && { AllowOrigins }),
    ...(ExposeHeaders && { ExposeHeaders }),
    ...(MaxAge !== undefined && { MaxAge }),
  };
}
