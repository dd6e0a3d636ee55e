// What the data planes of this folder need of the wire layer: answers as the API gives them.
import type { ServiceError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import * as answers from '#protocol/answer.ts';
import * as codec from '#protocol/codec.ts';
import * as errors from '#protocol/errors.ts';
import { loadModel } from '#protocol/model.ts';

interface Facts {
  requestId: string;
  method: string;
}

export const { hostIdOf } = answers;
export const idHeaders = (requestId: string): [string, string][] => answers.idHeaders(loadModel('s3'), requestId);

export function serializeOutput(operation: string, output: object, facts: Facts): HttpResponse {
  const model = loadModel('s3').operations.get(operation);
  if (!model) throw new Error(`no model of ${operation}`);
  return codec.serializeOutput(model, 'restXml', output, facts);
}

export const serializeError = (error: ServiceError, facts: Facts): HttpResponse =>
  errors.serializeError(loadModel('s3'), 'restXml', error, facts);
