// Documentation of REST APIs, and the certificates that their stages show to backends.
import { patchValues } from './apigateway-patch.ts';
import { SERVICE } from './apigateway-stage.ts';
import type { ResourceType } from './contract.ts';
import { camelCase, ignoreMissing, isSame, pick, tagChanges, tagMap } from './shared.ts';

const documentationPart: ResourceType = {
  type: 'AWS::ApiGateway::DocumentationPart',
  service: SERVICE,
  async create({ RestApiId: restApiId, Location, Properties: properties }, { call }) {
    const { id = '' } = await call('apigateway', 'CreateDocumentationPart', {
      restApiId,
      location: camelCase(Location),
      properties,
    });
    return { physicalId: id, attributes: { DocumentationPartId: id } };
  },
  async findCreated({ RestApiId: restApiId, Location }, { call, isClaimed }) {
    const wanted = camelCase(Location) as Record<string, string>;
    const { items } = await call('apigateway', 'GetDocumentationParts', { restApiId, limit: 500 });
    const found = items?.find(
      ({ id, location = {} }) =>
        id &&
        !isClaimed(id) &&
        ['type', 'path', 'method', 'statusCode', 'name'].every((member) =>
          isSame((location as Record<string, string>)[member], wanted[member]),
        ),
    );
    return found?.id === undefined
      ? undefined
      : { physicalId: found.id, attributes: { DocumentationPartId: found.id } };
  },
  async update({ physicalId: documentationPartId, properties: before, attributes }, properties, { call }) {
    const patchOperations = patchValues(before, properties, { Properties: '/properties' });
    const { RestApiId: restApiId } = properties;
    if (patchOperations.length > 0)
      await call('apigateway', 'UpdateDocumentationPart', { restApiId, documentationPartId, patchOperations });
    return { attributes };
  },
  async delete({ physicalId: documentationPartId, properties: { RestApiId: restApiId } }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteDocumentationPart', { restApiId, documentationPartId }));
  },
};

const documentationVersion: ResourceType = {
  type: 'AWS::ApiGateway::DocumentationVersion',
  service: SERVICE,
  async create(properties, { call, resumed }) {
    const { RestApiId: restApiId, DocumentationVersion } = properties;
    if (resumed) {
      const input = { restApiId, documentationVersion: DocumentationVersion };
      await ignoreMissing(() => call('apigateway', 'DeleteDocumentationVersion', input));
    }
    await call('apigateway', 'CreateDocumentationVersion', {
      restApiId,
      documentationVersion: DocumentationVersion,
      ...camelCase(pick(properties, ['Description'])),
    });
    return { physicalId: DocumentationVersion };
  },
  async update({ physicalId, properties: before }, properties, { call }) {
    const patchOperations = patchValues(before, properties, { Description: '/description' });
    if (patchOperations.length === 0) return;
    await call('apigateway', 'UpdateDocumentationVersion', {
      restApiId: properties.RestApiId,
      documentationVersion: physicalId,
      patchOperations,
    });
  },
  async delete({ physicalId, properties: { RestApiId: restApiId } }, { call }) {
    const input = { restApiId, documentationVersion: physicalId };
    await ignoreMissing(() => call('apigateway', 'DeleteDocumentationVersion', input));
  },
};

const clientCertificate: ResourceType = {
  type: 'AWS::ApiGateway::ClientCertificate',
  service: SERVICE,
  async create(properties, { call }) {
    const tags = tagMap(properties.Tags);
    const { clientCertificateId = '' } = await call('apigateway', 'GenerateClientCertificate', {
      ...camelCase(pick(properties, ['Description'])),
      ...(Object.keys(tags).length > 0 && { tags }),
    });
    return { physicalId: clientCertificateId, attributes: { ClientCertificateId: clientCertificateId } };
  },
  /** A certificate that a cut-off try made and nobody knows is taken away. */
  async findCreated({ Description }, { call, isClaimed, startedAt }) {
    const { items } = await call('apigateway', 'GetClientCertificates', { limit: 500 });
    const orphan = items?.find(
      ({ clientCertificateId: id, createdDate, description }) =>
        id && !isClaimed(id) && description === Description && (createdDate?.getTime() ?? 0) >= startedAt - 1000,
    );
    const { clientCertificateId } = orphan ?? {};
    if (clientCertificateId) await call('apigateway', 'DeleteClientCertificate', { clientCertificateId });
    return undefined;
  },
  async update({ physicalId, properties: before, attributes }, properties, { call, partition, region }) {
    const clientCertificateId = physicalId;
    const patchOperations = patchValues(before, properties, { Description: '/description' });
    if (patchOperations.length > 0)
      await call('apigateway', 'UpdateClientCertificate', { clientCertificateId, patchOperations });
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    const resourceArn = `arn:${partition}:apigateway:${region}::/clientcertificates/${physicalId}`;
    if (Object.keys(set).length > 0) await call('apigateway', 'TagResource', { resourceArn, tags: set });
    if (remove.length > 0) await call('apigateway', 'UntagResource', { resourceArn, tagKeys: remove });
    return { attributes };
  },
  async delete({ physicalId: clientCertificateId }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteClientCertificate', { clientCertificateId }));
  },
};

export const documentationTypes: readonly ResourceType[] = [documentationPart, documentationVersion, clientCertificate];
