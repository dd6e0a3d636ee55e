// What a route asks of a request before its backend is asked.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-request-validation.html
import type { PublishedModel } from '../published-rest.ts';
import { compileModel, type CheckBody } from '../rest/model.ts';
import type { CompiledWebSocketRoute } from './compile.ts';
import type { WebSocketExchange } from './exchange.ts';
import { compileExpression, compileParameter } from './expression.ts';
import { Refused } from './refused.ts';

/** Throws Refused. */
export type Validate = (exchange: WebSocketExchange) => void;

export function compileValidation(route: CompiledWebSocketRoute): Validate | undefined {
  const checks = [compileParameterCheck(route), compileBodyCheck(route)].filter((check) => check !== undefined);
  if (checks.length === 0) return undefined;
  return (exchange) => {
    for (const check of checks) check(exchange);
  };
}

function compileParameterCheck({ published }: CompiledWebSocketRoute): Validate | undefined {
  const required = Object.entries(published.requestParameters ?? {})
    .filter(([, isRequired]) => isRequired)
    .map(([parameter]) => ({ name: parameter.split('.').slice(3).join('.'), source: compileParameter(parameter) }));
  if (required.length === 0) return undefined;
  return (exchange) => {
    const missing = required.filter(({ source }) => !source(exchange)).map(({ name }) => name);
    if (missing.length === 0) return;
    const message = `Missing required request parameters: [${missing.join(', ')}]`;
    throw new Refused(400, 'BAD_REQUEST_PARAMETERS', message, { validation: message });
  };
}

/** Only a selection expression makes models count; a message for which it names none is refused. */
function compileBodyCheck({ published, stage }: CompiledWebSocketRoute): Validate | undefined {
  const { modelSelectionExpression, requestModels = {} } = published;
  if (modelSelectionExpression === undefined) return undefined;
  const select = compileExpression(modelSelectionExpression);
  const models = stage.published.deployment.models ?? [];
  const checks = new Map<string, CheckBody>();
  for (const [key, name] of Object.entries(requestModels)) checks.set(key, compileModel(name, models));
  return (exchange) => {
    const check = checks.get(select(exchange) ?? '$default') ?? checks.get('$default');
    const validation = check ? check(Buffer.from(exchange.body)) : 'no model matches';
    if (validation !== undefined) throw new Refused(400, 'BAD_REQUEST_BODY', 'Invalid request body', { validation });
  };
}

/** The name of a model that is no schema: deployments are refused for one. */
export function findBrokenModel(models: readonly PublishedModel[]): string | undefined {
  return models.find(({ name }) => {
    try {
      compileModel(name, models)(Buffer.from('{}'));
      return false;
    } catch {
      return true;
    }
  })?.name;
}
