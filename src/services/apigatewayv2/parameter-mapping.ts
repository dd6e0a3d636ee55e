// Which parameter mappings may be written: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
import { badRequest } from './errors.ts';

const REQUEST_KEY = /^((append|overwrite|remove):(header|querystring)\.[^\s.]+|overwrite:path)$/;
const RESPONSE_KEY = /^((append|overwrite|remove):header\.[^\s.]+|overwrite:statuscode(\.[^\s]+)?)$/;
const STATUS = /^[2-5]\d\d$/;
/** Headers that API Gateway reserves. */
const RESERVED =
  /^(access-control-.*|apigw-.*|authorization|connection|content-encoding|content-length|content-location|forwarded|keep-alive|origin|proxy-.*|te|trailer|trailers|transfer-encoding|upgrade|x-amz-.*|x-amzn-.*|x-forwarded-.*|via)$/i;

const invalid = (what: string): Error =>
  badRequest(`Invalid mapping expression specified: Validation Result: warnings : [], errors : [${what}]`);

export function checkRequestParameters(parameters: Record<string, string>): void {
  for (const key of Object.keys(parameters)) {
    if (!REQUEST_KEY.test(key)) throw invalid(`Invalid Request Actioned Parameter specified: ${key}`);
    refuseReserved(key);
  }
}

export function checkResponseParameters(byStatus: Record<string, Record<string, string>>): void {
  for (const [status, parameters] of Object.entries(byStatus)) {
    if (!STATUS.test(status)) throw badRequest(`Invalid status code specified for response parameters: ${status}`);
    for (const key of Object.keys(parameters)) {
      if (!RESPONSE_KEY.test(key)) throw invalid(`Invalid Response Actioned Parameter specified: ${key}`);
      refuseReserved(key);
    }
  }
}

function refuseReserved(key: string): void {
  const name = /:header\.(.+)$/.exec(key)?.[1];
  if (name !== undefined && RESERVED.test(name)) {
    throw badRequest(`Operations on header ${name.toLowerCase()} are restricted`);
  }
}
