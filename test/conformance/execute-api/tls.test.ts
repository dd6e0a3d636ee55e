// Custom domains over TLS: certificates, versions, clients that prove themselves.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { after, test } from 'node:test';
import {
  APIGatewayClient,
  CreateBasePathMappingCommand,
  CreateDeploymentCommand,
  CreateDomainNameCommand,
  CreateRestApiCommand,
  GetDomainNameCommand,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
  UpdateDomainNameCommand,
  UpdateRestApiCommand,
  type CreateDomainNameCommandInput,
} from '@aws-sdk/client-api-gateway';
import {
  ApiGatewayV2Client,
  CreateApiMappingCommand,
  CreateDomainNameCommand as CreateDomainNameV2Command,
} from '@aws-sdk/client-apigatewayv2';
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { WebSocket } from 'ws';
import { eventually } from '../../harness.ts';
import { createAuthority } from './certificates.ts';
import { ACCOUNT, ask, askHost, newApiId, publishHttp, startGatewayServer } from './fixture.ts';
import { publishSockets } from './websocket-fixture.ts';

const server = await startGatewayServer({ config: { tlsPort: 0, defaultAccountId: ACCOUNT } });
const client = new APIGatewayClient({ ...server.sdk, credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'x' } });
const v2 = new ApiGatewayV2Client({ ...server.sdk, credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'x' } });
const s3 = new S3Client({ ...server.sdk, credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'x' } });
after(() => server.stop());
const { caCertificate } = server.platform.network;
const ARN = `arn:aws:acm:us-east-1:${ACCOUNT}:certificate/abc`;

interface Reply {
  status: number;
  body: string;
  protocol: string;
  issuer: string;
}

const get = (
  name: string,
  path: string,
  options: tls.ConnectionOptions & { hostHeader?: string } = {},
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const request = https.request(
      {
        host: '127.0.0.1',
        port: server.tlsPort,
        servername: name,
        ca: caCertificate,
        path,
        agent: false,
        ...options,
        headers: { Host: options.hostHeader ?? name },
      },
      (response) => {
        const socket = response.socket as tls.TLSSocket;
        const protocol = socket.getProtocol() ?? '';
        const issuer = new X509Certificate(socket.getPeerCertificate().raw).issuer;
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body, protocol, issuer }));
      },
    );
    request.on('error', reject);
    request.end();
  });

/** A REST API that answers with what a template says of its context. */
async function restApi(template: string): Promise<string> {
  const { id: restApiId, rootResourceId: resourceId } = await client.send(new CreateRestApiCommand({ name: 'tls' }));
  const place = { restApiId, resourceId, httpMethod: 'GET' };
  await client.send(new PutMethodCommand({ ...place, authorizationType: 'NONE' }));
  await client.send(new PutMethodResponseCommand({ ...place, statusCode: '200' }));
  const requestTemplates = { 'application/json': '{"statusCode": 200}' };
  await client.send(new PutIntegrationCommand({ ...place, type: 'MOCK', requestTemplates }));
  const responseTemplates = { 'application/json': template };
  await client.send(new PutIntegrationResponseCommand({ ...place, statusCode: '200', responseTemplates }));
  await client.send(new CreateDeploymentCommand({ restApiId, stageName: 'test' }));
  return restApiId!;
}

async function restDomain(
  domainName: string,
  restApiId: string,
  rest: Partial<CreateDomainNameCommandInput> = {},
): Promise<void> {
  const endpointConfiguration = { types: ['REGIONAL' as const] };
  const named = rest.certificateBody === undefined ? { regionalCertificateArn: ARN } : {};
  await client.send(new CreateDomainNameCommand({ domainName, endpointConfiguration, ...named, ...rest }));
  await client.send(new CreateBasePathMappingCommand({ domainName, restApiId, stage: 'test' }));
}

const plain = await restApi('"hello"');
const authority = await createAuthority('Clients of ours');
const stranger = await createAuthority('Clients of somebody else');
await s3.send(new CreateBucketCommand({ Bucket: 'truststores' }));
await s3.send(
  new PutBucketVersioningCommand({ Bucket: 'truststores', VersioningConfiguration: { Status: 'Enabled' } }),
);
const upload = async (Key: string, Body: string): Promise<string | undefined> =>
  (await s3.send(new PutObjectCommand({ Bucket: 'truststores', Key, Body }))).VersionId;
const version = await upload('ours.pem', authority.cert);

test('a domain answers under its name with a certificate of the local authority', async () => {
  await restDomain('local-ca.example.com', plain);
  const reply = await eventually(async () => {
    const given = await get('local-ca.example.com', '/');
    return given.status === 200 ? given : undefined;
  });
  assert.equal(reply.body, '"hello"');
  assert.match(reply.issuer, /Gatehouse local CA/);
});

test('a domain answers with the certificate that was brought along, and its chain', async () => {
  const pair = await authority.issue('brought.example.com', { names: ['brought.example.com'] });
  await restDomain('brought.example.com', plain, {
    endpointConfiguration: { types: ['EDGE'] },
    certificateName: 'ours',
    certificateBody: pair.cert,
    certificatePrivateKey: pair.key,
    certificateChain: authority.cert,
  });
  const described = await client.send(new GetDomainNameCommand({ domainName: 'brought.example.com' }));
  assert.equal(described.certificateName, 'ours');
  assert.equal(JSON.stringify(described).includes('PRIVATE KEY'), false);
  const reply = await eventually(async () =>
    get('brought.example.com', '/', { ca: authority.cert }).catch(() => undefined),
  );
  assert.deepEqual([reply.status, reply.issuer], [200, 'CN=Clients of ours']);
});

test('certificates that do not fit are refused', async () => {
  const pair = await authority.issue('right.example.com', { names: ['right.example.com'] });
  const other = await authority.issue('right.example.com', { names: ['right.example.com'] });
  const create = (given: Partial<CreateDomainNameCommandInput>) =>
    client.send(
      new CreateDomainNameCommand({
        domainName: 'right.example.com',
        certificateName: 'c',
        certificateBody: pair.cert,
        certificatePrivateKey: pair.key,
        ...given,
      }),
    );
  await assert.rejects(create({ certificatePrivateKey: other.key }), /does not match the certificate/);
  await assert.rejects(create({ domainName: 'wrong.example.com' }), /does not match the domain name/);
  await assert.rejects(create({ certificateBody: 'nonsense' }), /Unable to parse certificate/);
});

test('security policies say which versions of TLS are spoken', async () => {
  await restDomain('old.example.com', plain, { securityPolicy: 'TLS_1_0' });
  await restDomain('new.example.com', plain, {
    securityPolicy: 'SecurityPolicy_TLS13_1_3_2025_09',
    endpointAccessMode: 'BASIC',
  });
  await restDomain('usual.example.com', plain, { securityPolicy: 'TLS_1_2' });
  await eventually(async () => (await get('usual.example.com', '/')).status === 200);
  const legacy = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  assert.equal((await get('old.example.com', '/', legacy)).protocol, 'TLSv1.1');
  await assert.rejects(get('usual.example.com', '/', legacy));
  assert.equal((await get('usual.example.com', '/', { maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2');
  await assert.rejects(get('new.example.com', '/', { maxVersion: 'TLSv1.2' }));
  assert.equal((await get('new.example.com', '/')).protocol, 'TLSv1.3');
  await assert.rejects(
    restDomain('no.example.com', plain, { securityPolicy: 'SecurityPolicy_TLS13_1_3_2025_09' }),
    /requires an endpoint access mode/,
  );
  await assert.rejects(
    restDomain('no.example.com', plain, {
      securityPolicy: 'SecurityPolicy_TLS12_2018_EDGE',
      endpointAccessMode: 'BASIC',
    }),
    /Invalid security policy specified for the endpoint type REGIONAL/,
  );
});

test('in strict mode a connection is for the name that it was made for', async () => {
  await restDomain('strict.example.com', plain, {
    securityPolicy: 'SecurityPolicy_TLS13_1_2_PQ_2025_09',
    endpointAccessMode: 'STRICT',
  });
  await eventually(async () => (await get('strict.example.com', '/')).status === 200);
  assert.equal((await get('local-ca.example.com', '/', { hostHeader: 'strict.example.com' })).status, 403);
});

test('an API has a security policy of its own endpoint', async () => {
  const restApiId = await restApi('"own"');
  const policy = 'SecurityPolicy_TLS13_1_3_2025_09';
  const { id } = await client.send(
    new UpdateRestApiCommand({
      restApiId,
      patchOperations: [
        { op: 'replace', path: '/endpointConfiguration/types/EDGE', value: 'REGIONAL' },
        { op: 'replace', path: '/securityPolicy', value: policy },
        { op: 'replace', path: '/endpointAccessMode', value: 'STRICT' },
      ],
    }),
  );
  const host = `${id}.execute-api.us-east-1.localhost`;
  await eventually(async () =>
    get(host, '/test', { maxVersion: 'TLSv1.2' }).then(
      () => false,
      () => true,
    ),
  );
  assert.equal((await get(host, '/test')).status, 200);
  assert.equal((await ask(server, id!, '/test')).status, 403);
});

const CERT_TEMPLATE =
  '{"dn":"$context.identity.clientCert.subjectDN","issuer":"$context.identity.clientCert.issuerDN",' +
  '"from":"$context.identity.clientCert.validity.notBefore"}';

test('mutual TLS lets in whom the truststore covers, and tells who it is', async () => {
  const restApiId = await restApi(CERT_TEMPLATE);
  const domainName = 'mutual.example.com';
  const truststoreUri = 's3://truststores/ours.pem';
  await restDomain(domainName, restApiId, { mutualTlsAuthentication: { truststoreUri, truststoreVersion: version } });
  const { mutualTlsAuthentication } = await client.send(new GetDomainNameCommand({ domainName }));
  assert.deepEqual(mutualTlsAuthentication, { truststoreUri, truststoreVersion: version });
  const own = await authority.issue('robot');
  const reply = await eventually(async () => {
    const given = await get(domainName, '/', own);
    return given.status === 200 ? given : undefined;
  });
  const said = JSON.parse(reply.body);
  assert.deepEqual([said.dn, said.issuer], ['CN=robot', 'CN=Clients of ours']);
  assert.match(said.from, /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT$/);
  const forbidden = { status: 403, body: '{"message":"Forbidden"}' };
  const refused = async (options: tls.ConnectionOptions) => {
    const { status, body } = await get(domainName, '/', options);
    return { status, body };
  };
  assert.deepEqual(await refused({}), forbidden);
  assert.deepEqual(await refused(await stranger.issue('robot')), forbidden);
  const past = await authority.issue('late', { notBefore: new Date(0), notAfter: new Date(Date.now() - 1000) });
  assert.deepEqual(await refused(past), forbidden);
  // neither without TLS, nor over a connection that was made for another name
  assert.equal((await askHost(server, domainName, '/')).status, 403);
  assert.equal((await get('local-ca.example.com', '/', { ...own, hostHeader: domainName })).status, 403);
});

test('functions get the certificate in their events', async () => {
  const functionArn = server.functionArn('who', (event) => ({
    statusCode: 200,
    body: JSON.stringify(event.requestContext),
  }));
  const publish = (payloadFormatVersion: '1.0' | '2.0') =>
    publishHttp(server, {
      apiId: newApiId(),
      deployment: {
        routes: [{ routeId: 'r', routeKey: '$default', target: 'integrations/i' }],
        integrations: [
          { integrationId: 'i', integrationType: 'AWS_PROXY', integrationUri: functionArn, payloadFormatVersion },
        ],
      },
    });
  const DomainName = 'functions.example.com';
  await v2.send(
    new CreateDomainNameV2Command({
      DomainName,
      DomainNameConfigurations: [{ CertificateArn: ARN }],
      MutualTlsAuthentication: { TruststoreUri: 's3://truststores/ours.pem' },
    }),
  );
  for (const [key, format] of [
    ['v1', '1.0'],
    ['v2', '2.0'],
  ] as const) {
    const ApiId = await publish(format);
    await v2.send(new CreateApiMappingCommand({ DomainName, ApiId, Stage: '$default', ApiMappingKey: key }));
  }
  const pair = await authority.issue('robot');
  const context = async (path: string) =>
    eventually(async () => {
      const { status, body } = await get(DomainName, path, pair);
      return status === 200 ? JSON.parse(body) : undefined;
    });
  const { clientCert } = (await context('/v2')).authentication;
  assert.deepEqual(Object.keys(clientCert), ['clientCertPem', 'subjectDN', 'issuerDN', 'serialNumber', 'validity']);
  assert.equal(new X509Certificate(clientCert.clientCertPem).subject, 'CN=robot');
  assert.match(clientCert.serialNumber, /^([0-9a-f]{2}(:[0-9a-f]{2})+|\d+)$/);
  assert.deepEqual((await context('/v1')).identity.clientCert, clientCert);
});

test('a truststore is read when the domain is changed, with warnings of what is wrong in it', async () => {
  const domainName = 'changing.example.com';
  const leaf = await authority.issue('no authority');
  await upload(
    'mixed.pem',
    `${stranger.cert}\n${leaf.cert}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
  );
  await restDomain(domainName, plain, { mutualTlsAuthentication: { truststoreUri: 's3://truststores/ours.pem' } });
  const theirs = await stranger.issue('robot');
  await eventually(async () => (await get(domainName, '/', await authority.issue('robot'))).status === 200);
  assert.equal((await get(domainName, '/', theirs)).status, 403);
  const patch = (value: string) =>
    client.send(
      new UpdateDomainNameCommand({
        domainName,
        patchOperations: [{ op: 'replace', path: '/mutualTlsAuthentication/truststoreUri', value }],
      }),
    );
  const changed = await patch('s3://truststores/mixed.pem');
  assert.deepEqual(changed.mutualTlsAuthentication?.truststoreWarnings, [
    'The certificate with the subject CN=no authority is not of a certificate authority.',
    'The truststore has a certificate that is invalid.',
  ]);
  await eventually(async () => (await get(domainName, '/', theirs)).status === 200);
  await assert.rejects(patch('s3://truststores/nothing.pem'), /Unable to read the truststore/);
  await assert.rejects(patch('https://truststores/ours.pem'), /Invalid S3 URI/);
  await upload('empty.pem', 'no certificates here');
  await assert.rejects(patch('s3://truststores/empty.pem'), /does not contain any valid certificates/);
  assert.equal((await patch('')).mutualTlsAuthentication, undefined);
  await eventually(async () => (await get(domainName, '/')).status === 200);
});

test('mutual TLS needs a regional domain and TLS 1.2', async () => {
  const mutualTlsAuthentication = { truststoreUri: 's3://truststores/ours.pem' };
  await assert.rejects(
    restDomain('m.example.com', plain, { securityPolicy: 'TLS_1_0', mutualTlsAuthentication }),
    /requires the security policy TLS_1_2/,
  );
  await assert.rejects(
    restDomain('m.example.com', plain, {
      endpointConfiguration: { types: ['EDGE'] },
      certificateArn: ARN,
      mutualTlsAuthentication,
    }),
    /only for Regional/,
  );
});

test('WebSockets are served over TLS, under custom names too', async () => {
  const ApiId = await publishSockets(server, { routes: { $default: { integrationType: 'MOCK' } } });
  const DomainName = 'sockets.example.com';
  await v2.send(new CreateDomainNameV2Command({ DomainName, DomainNameConfigurations: [{ CertificateArn: ARN }] }));
  await v2.send(new CreateApiMappingCommand({ DomainName, ApiId, Stage: 'live' }));
  const options = { ca: caCertificate, servername: DomainName, headers: { Host: DomainName } };
  await eventually(async () => {
    const socket = new WebSocket(`wss://127.0.0.1:${server.tlsPort}/`, options);
    const isOpen = await new Promise((resolve) => {
      socket.once('open', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.close();
    return isOpen;
  });
});

test('a client that says no TLS is cut off, and others are served', async () => {
  const socket = net.connect(server.tlsPort!, '127.0.0.1');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: local-ca.example.com\r\n\r\n');
  socket.resume();
  await closed;
  assert.equal((await get('local-ca.example.com', '/')).status, 200);
});
