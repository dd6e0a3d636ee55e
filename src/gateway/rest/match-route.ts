import type { RouteMatch, RouteTrie } from '../route-trie.ts';
import type { CompiledMethod } from './compile.ts';

export type MatchedRoute = RouteMatch<CompiledMethod>;
export type Routes = RouteTrie<CompiledMethod>;

/** A slash at the end of the path makes no difference to a REST API. */
export const matchRoute = (routes: Routes, path: string, httpMethod: string): MatchedRoute | undefined =>
  routes.find(path, httpMethod, { ignoresTrailingSlash: true });
