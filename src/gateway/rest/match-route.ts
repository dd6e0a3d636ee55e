import type { PublishedResource } from '../published-rest.ts';
import { RouteTrie, type RouteMatch } from '../route-trie.ts';
import { CompiledMethod, type RestVariant } from './compile.ts';

export type MatchedRoute = RouteMatch<CompiledMethod>;
export type Routes = RouteTrie<CompiledMethod>;

export function compileRoutes(variant: RestVariant, resources: readonly PublishedResource[]): Routes {
  const routes: Routes = new RouteTrie();
  for (const resource of resources) {
    for (const [httpMethod, method] of Object.entries(resource.resourceMethods ?? {})) {
      routes.insert(resource.path, httpMethod, new CompiledMethod(variant, resource, method));
    }
  }
  return routes;
}

/** A slash at the end of the path makes no difference to a REST API. */
export const matchRoute = (routes: Routes, path: string, httpMethod: string): MatchedRoute | undefined =>
  routes.find(path, httpMethod, { ignoresTrailingSlash: true });
