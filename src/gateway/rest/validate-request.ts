// Request validators: required parameters first, then the body against the model of its content type.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
import type { PublishedMethod, PublishedModel, PublishedRestDeployment } from '../published-rest.ts';
import { mediaType } from '../incoming.ts';
import { compileModel, type CheckBody } from './model.ts';
import { GatewayError } from './errors.ts';
import type { RestExchange } from './exchange.ts';
import { compileParameterSource, type ParameterSource } from './parameter-source.ts';

/** Throws GatewayError BAD_REQUEST_PARAMETERS or BAD_REQUEST_BODY. */
export type Validator = (exchange: RestExchange) => void;

/** The content type of a request that has none. */
export const DEFAULT_TYPE = 'application/json';

export function compileValidator(deployment: PublishedRestDeployment, method: PublishedMethod): Validator | undefined {
  const validator = deployment.requestValidators?.find(({ id }) => id === method.requestValidatorId);
  if (!validator) return undefined;
  const checks: Validator[] = [];
  const required = validator.validateRequestParameters ? requiredParameters(method) : [];
  if (required.length) checks.push((exchange) => checkParameters(exchange, required));
  const models = Object.entries(method.requestModels ?? {});
  if (validator.validateRequestBody && models.length) checks.push(compileBodyCheck(models, deployment.models ?? []));
  if (checks.length === 0) return undefined;
  return (exchange) => {
    for (const check of checks) check(exchange);
  };
}

type Required = { name: string; source: ParameterSource };

const requiredParameters = (method: PublishedMethod): Required[] =>
  Object.entries(method.requestParameters ?? {})
    .filter(([, isRequired]) => isRequired)
    .map(([parameter]) => ({
      name: parameter.replace(/^method\.request\.[a-z]+\./, ''),
      source: compileParameterSource(parameter),
    }));

function checkParameters(exchange: RestExchange, required: Required[]): void {
  const missing = required.filter(({ source }) => !source(exchange)).map(({ name }) => name);
  if (missing.length === 0) return;
  const message = `Missing required request parameters: [${missing.join(', ')}]`;
  throw new GatewayError('BAD_REQUEST_PARAMETERS', { message, validation: message });
}

/** A content type without a model is not checked: AWS validates what it has a model for. */
function compileBodyCheck(requestModels: [string, string][], models: readonly PublishedModel[]): Validator {
  const byType = new Map<string, CheckBody>();
  for (const [type, name] of requestModels) byType.set(type.toLowerCase(), compileModel(name, models));
  return (exchange) => {
    const type = mediaType(exchange.request.headers['content-type']) ?? DEFAULT_TYPE;
    const check = byType.get(type) ?? byType.get('$default');
    const problems = check?.(exchange.body);
    if (problems) throw new GatewayError('BAD_REQUEST_BODY', { validation: problems });
  };
}
