import { DuplicateLogicalId, InvalidResource, within } from '../errors.ts';
import type { Problems } from '../errors.ts';
import { isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { connectorType } from './connector.ts';

/**
 * Takes the `Connectors` of resources out of them and makes each a connector of its own, with the resource as its
 * source.
 */
export function extractConnectors(resources: JsonMap, problems: Problems): Map<string, string> {
  const owners = new Map<string, string>();
  for (const [logicalId, resource] of Object.entries(resources)) {
    if (!isMap(resource) || !('Connectors' in resource) || resource['Type'] === connectorType) continue;
    const connectors = resource['Connectors'];
    delete resource['Connectors'];
    if (!isMap(connectors)) {
      problems.add(new InvalidResource(logicalId, `Attribute '${logicalId}.Connectors' should be a map.`));
      continue;
    }
    for (const [name, connector] of Object.entries(connectors)) {
      owners.set(logicalId + name, logicalId);
      problems.collect(() => within(logicalId, () => extractConnector(resources, logicalId, name, connector)));
    }
  }
  return owners;
}

function extractConnector(resources: JsonMap, logicalId: string, name: string, connector: Json): void {
  const connectorId = logicalId + name;
  if (!isMap(connector)) {
    throw new InvalidResource(connectorId, `${logicalId}.${connectorId} should be a map.`);
  }
  const properties = connector['Properties'];
  if (!isMap(properties)) {
    throw new InvalidResource(logicalId, `Attribute 'Connectors.${name}.Properties' should be a map.`);
  }
  const { SourceReference: reference, ...rest } = properties;
  if (reference !== undefined && !isMap(reference)) {
    const path = `Connectors.${name}.Properties.SourceReference`;
    throw new InvalidResource(logicalId, `Property '${path}' should be a map.`);
  }
  if (reference !== undefined && 'Id' in reference) {
    throw new InvalidResource(name, "'Id' shouldn't be defined in 'SourceReference'.");
  }
  if (resources[connectorId] !== undefined) throw new DuplicateLogicalId(logicalId, connectorId, connectorType);
  resources[connectorId] = {
    ...connector,
    Type: connectorType,
    Properties: { ...rest, Source: { ...reference, Id: logicalId } },
  };
}
