import { ServiceError } from '#core/errors.ts';

export const badRequest = (message: string): ServiceError => new ServiceError('BadRequestException', message);
export const conflict = (message: string): ServiceError => new ServiceError('ConflictException', message, 409);
const notFound = (message: string): ServiceError => new ServiceError('NotFoundException', message, 404);

export const apiNotFound = (accountId: string, apiId: string): ServiceError =>
  notFound(`Invalid API identifier specified ${accountId}:${apiId}`);
export const routeNotFound = (): ServiceError => notFound('Invalid Route identifier specified');
export const integrationNotFound = (): ServiceError => notFound('Invalid Integration identifier specified');
export const authorizerNotFound = (): ServiceError => notFound('Invalid Authorizer identifier specified');
export const modelNotFound = (): ServiceError => notFound('Invalid Model identifier specified');
export const responseNotFound = (): ServiceError => notFound('Invalid Response identifier specified');
export const requestParameterNotFound = (): ServiceError => notFound('Invalid Request Parameter identifier specified');
export const deploymentNotFound = (): ServiceError => notFound('Invalid Deployment identifier specified');
export const stageNotFound = (): ServiceError => notFound('Invalid stage identifier specified');
export const routeSettingNotFound = (routeKey: string): ServiceError =>
  notFound(`Unable to find Route by key ${routeKey} within the provided RouteSettings`);
export const malformedRouteKey = (): ServiceError =>
  badRequest(
    'The provided route key is not formatted properly for HTTP protocol. Format should be "<HTTP METHOD> /<RESOURCE PATH>" or "$default"',
  );
export const authorizerRequired = (authorizationType: string, kind: string): ServiceError =>
  badRequest(
    `Invalid authorizer ID specified. Setting the authorization type to ${authorizationType} requires a valid ${kind}.`,
  );

export const routingRuleNotFound = (): ServiceError => notFound('Invalid routing rule identifier specified');
export const mappingNotFound = (): ServiceError => notFound('Invalid API mapping identifier specified');

/** AWS's rule for members that WebSocket APIs alone have. */
export const webSocketOnly = (member: string): ServiceError =>
  badRequest(`${member} is not supported for APIs with a protocol type of HTTP`);
/** The other way round. */
export const httpOnly = (member: string): ServiceError =>
  badRequest(`${member} is not supported for APIs with a protocol type of WEBSOCKET`);
/** Accepted and ignored would be a lie. */
export const notOffered = (setting: string): ServiceError =>
  badRequest(`Gatehouse does not offer ${setting} of API Gateway`);
