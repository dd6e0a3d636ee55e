import { conflict, malformedRouteKey } from './errors.ts';

const METHODS = new Set(['ANY', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);
const SEGMENT = /^[A-Za-z0-9._\-:$~!&'()*+,;=@%]*$/;
const VARIABLE = /^\{[A-Za-z0-9._\-$:]+\+?\}$/;

export const DEFAULT_ROUTE = '$default';

/** `$default`, or a method and a path: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html */
export function checkRouteKey(routeKey: string): void {
  if (routeKey === DEFAULT_ROUTE) return;
  const space = routeKey.indexOf(' ');
  const path = routeKey.slice(space + 1);
  if (space < 0 || !METHODS.has(routeKey.slice(0, space)) || !path.startsWith('/')) throw malformedRouteKey();
  const segments = path.slice(1).split('/');
  const names = segments.filter((segment) => VARIABLE.test(segment)).map((segment) => segment.replace(/[{}+]/g, ''));
  const isWellFormed = segments.every(
    (segment, i) =>
      (SEGMENT.test(segment) || VARIABLE.test(segment)) && (!segment.endsWith('+}') || i === segments.length - 1),
  );
  if (!isWellFormed || new Set(names).size < names.length) throw malformedRouteKey();
}

/** Two routes whose paths differ in the names of parameters only would answer the same requests. */
const shapeOf = (routeKey: string): string => routeKey.replace(/\{[^{}+]+(\+?)\}/g, '{$1}');

export function refuseSameRoute(routeKey: string, others: readonly string[]): void {
  const shape = shapeOf(routeKey);
  const same = others.find((other) => shapeOf(other) === shape);
  if (same !== undefined) throw conflict(`Route with key ${same} already exists for this API`);
}
